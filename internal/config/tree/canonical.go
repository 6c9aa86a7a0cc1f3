// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendCanonical writes the text that the ETag is the hash of: keys sorted by
// code point, ", " and ": " between, everything but printable ASCII escaped,
// numbers in one spelling — what Python's json.dumps with sort_keys gives.
func AppendCanonical(b []byte, n *Node) []byte { return appendCanonical(b, n, nil) }

// WriteCanonical writes the same text to a hash, part by part: the whole has no place in
// memory. An error of w is its own affair.
func WriteCanonical(w io.Writer, n *Node) {
	_, _ = w.Write(appendCanonical(make([]byte, 0, 2*canonicalPart), n, w))
}

// canonicalPart is how many bytes are written at once.
const canonicalPart = 4096

// appendCanonical empties b into w, if there is one, whenever it has a part.
func appendCanonical(b []byte, n *Node, w io.Writer) []byte {
	if w != nil && len(b) >= canonicalPart {
		_, _ = w.Write(b)
		b = b[:0]
	}
	switch n.Kind {
	case Integer:
		if n.Text == "-0" {
			return append(b, '0')
		}
		return append(b, n.Text...)
	case Float:
		value, _ := strconv.ParseFloat(n.Text, 64) // infinite if out of range, as there
		return append(b, PythonFloat(value)...)
	case Text:
		return appendASCII(b, n.Text)
	case List:
		b = append(b, '[')
		for i, m := range n.All() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendCanonical(b, &m.Value, w)
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		var room [8]keyed
		one := n.From(0)
		for i, k := range sortedByKey(n, room[:]) {
			if i > 0 {
				b = append(b, ", "...)
			}
			m := one.at(int(k.i), 1)
			b = append(appendASCII(b, m.Key), ": "...)
			b = appendCanonical(b, &m.Value, w)
		}
		return append(b, '}')
	default:
		return AppendJSON(b, n)
	}
}

// keyed is where a key stands.
type keyed struct {
	key string
	i   int32
	// head are the four bytes after what all keys begin with: most comparisons need no others.
	head uint32
}

// sortedByKey are the keys of an object in their order, in room if there is enough of it. The
// byte order of UTF-8 is the order of code points.
func sortedByKey(n *Node, room []keyed) []keyed {
	sorted := slices.Grow(room[:0], n.Len())
	alike := ""
	for i, m := range n.All() {
		sorted = append(sorted, keyed{key: m.Key, i: int32(i)})
		if i == 0 {
			alike = m.Key
		}
		alike = alike[:common(alike, m.Key)]
	}
	for i := range sorted {
		sorted[i].head = head(sorted[i].key[len(alike):])
	}
	slices.SortFunc(sorted, func(a, b keyed) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return strings.Compare(a.key, b.key)
	})
	return sorted
}

// common is how many bytes two texts have in common at their beginning.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// head are the first bytes of a text as a number, which is in their order. A text that ends
// is as one that goes on with zeros: who compares has to look at the whole then.
func head(s string) (h uint32) {
	for i := range min(4, len(s)) {
		h |= uint32(s[i]) << (24 - 8*i)
	}
	return h
}

func appendASCII(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		switch {
		case c >= utf8.RuneSelf:
			c, size = utf8.DecodeRuneInString(s[i:])
			b = AppendEscape(b, c)
		case c < ' ' || c == '"' || c == '\\' || c == 0x7F:
			b = AppendEscape(b, c)
		default:
			b = append(b, byte(c))
		}
		i += size
	}
	return append(b, '"')
}

// PythonFloat is the shortest text that reads back as f, in the form Python
// gives it: always a point or an exponent, exponents of at least two digits.
func PythonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
