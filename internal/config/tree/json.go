// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"unicode/utf16"
)

const hexDigits = "0123456789abcdef"

// JSON is a value as AppendJSON writes it.
func JSON(n *Node) []byte { return AppendJSON(make([]byte, 0, sizeOf(n)), n) }

// sizeOf is how many bytes a value has in JSON, escapes aside.
func sizeOf(n *Node) int {
	size := len(n.Text) + len("null,")
	for i := range n.Members {
		size += len(n.Members[i].Key) + len(`"":`) + sizeOf(&n.Members[i].Value)
	}
	return size
}

// AppendJSON writes a value compactly, with keys and numbers as they are.
func AppendJSON(b []byte, n *Node) []byte {
	switch n.Kind {
	case Null:
		return append(b, "null"...)
	case Text:
		return AppendText(b, n.Text)
	case List:
		b = append(b, '[')
		for i := range n.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendJSON(b, &n.Members[i].Value)
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		for i := range n.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(AppendText(b, n.Members[i].Key), ':')
			b = AppendJSON(b, &n.Members[i].Value)
		}
		return append(b, '}')
	default:
		return append(b, n.Text...)
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
