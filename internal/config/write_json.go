// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendJSON writes a value compactly, with keys and numbers as they are.
func appendJSON(b []byte, n *node) []byte {
	switch n.kind {
	case null:
		return append(b, "null"...)
	case text:
		return appendText(b, n.text)
	case list:
		b = append(b, '[')
		for i := range n.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, &n.members[i].value)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		for i := range n.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, n.members[i].key), ':')
			b = appendJSON(b, &n.members[i].value)
		}
		return append(b, '}')
	default:
		return append(b, n.text...)
	}
}

// appendText writes a string with as few escapes as RFC 8259 section 7 allows.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = appendEscape(append(b, s[start:i]...), rune(c))
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c rune) []byte {
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
		return appendEscape(appendEscape(b, high), low)
	}
	return append(b, '\\', 'u', hexDigits[c>>12&15], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15])
}

// appendCanonical writes the text that the ETag is the hash of: keys sorted by
// code point, ", " and ": " between, everything but printable ASCII escaped,
// numbers in one spelling — what Python's json.dumps with sort_keys gives.
func appendCanonical(b []byte, n *node) []byte {
	switch n.kind {
	case integer:
		if n.text == "-0" {
			return append(b, '0')
		}
		return append(b, n.text...)
	case float:
		value, _ := strconv.ParseFloat(n.text, 64) // infinite if out of range, as there
		return append(b, pythonFloat(value)...)
	case text:
		return appendASCII(b, n.text)
	case list:
		b = append(b, '[')
		for i := range n.members {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendCanonical(b, &n.members[i].value)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		for i, m := range sortedByKey(n.members) {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(appendASCII(b, m.key), ": "...)
			b = appendCanonical(b, &m.value)
		}
		return append(b, '}')
	default:
		return appendJSON(b, n)
	}
}

// sortedByKey leaves its argument alone. The byte order of UTF-8 is the order
// of code points.
func sortedByKey(members []member) []*member {
	sorted := make([]*member, len(members))
	for i := range members {
		sorted[i] = &members[i]
	}
	slices.SortFunc(sorted, func(a, b *member) int { return strings.Compare(a.key, b.key) })
	return sorted
}

func appendASCII(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		switch {
		case c >= utf8.RuneSelf:
			c, size = utf8.DecodeRuneInString(s[i:])
			b = appendEscape(b, c)
		case c < ' ' || c == '"' || c == '\\' || c == 0x7F:
			b = appendEscape(b, c)
		default:
			b = append(b, byte(c))
		}
		i += size
	}
	return append(b, '"')
}

// pythonFloat is the shortest text that reads back as f, in the form Python
// gives it: always a point or an exponent, exponents of at least two digits.
func pythonFloat(f float64) string {
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
