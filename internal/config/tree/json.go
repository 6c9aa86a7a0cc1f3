// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"io"
	"unicode/utf16"
)

const hexDigits = "0123456789abcdef"

// JSON is a value as AppendJSON writes it.
func JSON(n *Node) []byte { return AppendJSON(make([]byte, 0, sizeOf(n)), n) }

// sizeOf is how many bytes a value has in JSON, escapes aside.
func sizeOf(n *Node) int {
	size := len(n.Text) + len("null,")
	for _, m := range n.All() {
		size += len(m.Key) + len(`"":`) + sizeOf(&m.Value)
	}
	return size
}

// AppendJSON writes a value compactly, with keys and numbers as they are.
func AppendJSON(b []byte, n *Node) []byte {
	out := joiner{b: b}
	out.json(n)
	return out.b
}

// WriteJSON writes the same to w, part by part: the whole has no place in memory.
func WriteJSON(w io.Writer, n *Node) (int64, error) {
	out := joiner{b: make([]byte, 0, 2*joined), w: w}
	out.json(n)
	out.flush()
	return out.n, out.err
}

// joined is how many bytes are written at once.
const joined = 4096

// joiner joins a text, and writes it whenever it has enough, if there is where to.
type joiner struct {
	b   []byte
	w   io.Writer
	n   int64 // how many bytes were written
	err error
}

func (out *joiner) flush() {
	if out.err == nil {
		var n int
		n, out.err = out.w.Write(out.b)
		out.n += int64(n)
	}
	out.b = out.b[:0]
}

func (out *joiner) json(n *Node) {
	if out.w != nil && len(out.b) >= joined {
		out.flush()
	}
	switch n.Kind {
	case Null:
		out.b = append(out.b, "null"...)
	case Text:
		out.b = AppendText(out.b, n.Text)
	case List:
		out.b = append(out.b, '[')
		for i, m := range n.All() {
			if i > 0 {
				out.b = append(out.b, ',')
			}
			out.json(&m.Value)
		}
		out.b = append(out.b, ']')
	case Object:
		out.b = append(out.b, '{')
		for i, m := range n.All() {
			if i > 0 {
				out.b = append(out.b, ',')
			}
			out.b = append(AppendText(out.b, m.Key), ':')
			out.json(&m.Value)
		}
		out.b = append(out.b, '}')
	default:
		out.b = append(out.b, n.Text...)
	}
}

// AppendText writes a string with as few escapes as RFC 8259 section 7 allows.
func AppendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = AppendEscape(append(b, s[start:i]...), rune(c))
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}

func AppendEscape(b []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', byte(c))
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if c > 0xFFFF {
		high, low := utf16.EncodeRune(c)
		return AppendEscape(AppendEscape(b, high), low)
	}
	return append(b, '\\', 'u', hexDigits[c>>12&15], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15])
}
