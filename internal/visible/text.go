// SPDX-License-Identifier: Apache-2.0

// Package visible is the one way by which what our programs say gets to a
// terminal or a log: what would steer a terminal, or turn the order of what is
// read, is shown as an escape. What is said is left to others.
//
// Such characters come from configuration files, comments, names of users, logs
// of units and answers of whoever sits on a socket; an escape sequence can
// overwrite what stands above it (ECMA-48), and an override of direction can make
// a line read as another one (Unicode Standard Annex 9, CVE-2021-42574).
package visible

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden reports whether a character is not to be seen and does something:
// controls (C0, DEL and C1, Unicode category Cc), formats (Cf: overrides, isolates
// and marks of direction, joiners, tags) and separators of lines and paragraphs
// (Zl, Zp). Line end and tab are among them.
func Hidden(r rune) bool {
	if r < 0x7f {
		return r < ' '
	}
	return r < 0xa0 || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Text returns a text with all that is hidden as \u202e, or \U000e0001 where four
// digits do not do, and a byte that is not UTF-8 as \xff. Line ends (a CR before
// an LF belongs to it) and tabs stay.
func Text(s string) string {
	return escape(s, func(b *strings.Builder, r rune, rest string) bool {
		if r == '\n' || r == '\t' || r == '\r' && strings.HasPrefix(rest, "\n") {
			b.WriteRune(r)
			return true
		}
		return false
	})
}

// Line is Text for what has to stay on one line, and in its column of a table:
// line ends and tabs are \n, \r and \t.
func Line(s string) string {
	return escape(s, func(b *strings.Builder, r rune, _ string) bool {
		switch r {
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			return false
		}
		return true
	})
}

// escape writes all that is hidden as an escape unless special has written it;
// that is given what comes after, too.
func escape(s string, special func(b *strings.Builder, r rune, rest string) bool) string {
	if !strings.ContainsFunc(s, Hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		c := s[:n]
		s = s[n:]
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + digits(rune(c[0]), 2))
		case !Hidden(r):
			b.WriteString(c)
		case special(&b, r, s):
		case r > 0xffff:
			b.WriteString(`\U` + digits(r, 8))
		default:
			b.WriteString(`\u` + digits(r, 4))
		}
	}
	return b.String()
}

// digits is a number in hexadecimal.
func digits(r rune, n int) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", n-len(s)) + s
}

// JSON returns JSON with all that is hidden in its strings as \u202e, and as a
// pair of surrogates where four digits do not do (RFC 8259 section 7): it means the
// same. A byte that is not UTF-8 becomes \ufffd, as which readers take it.
func JSON(text []byte) []byte {
	return []byte(escapeJSON(string(text)))
}

func escapeJSON(s string) string {
	if !strings.ContainsFunc(s, Hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			b.WriteString(`\ufffd`)
		case r == '\r': // between values, as no other control
			b.WriteByte(' ')
		case r == '\n', r == '\t', !Hidden(r):
			b.WriteRune(r)
		case r > 0xffff:
			const first, low = 0xd800, 0xdc00
			b.WriteString(`\u` + digits(first+(r-0x10000)>>10, 4) + `\u` + digits(low+(r-0x10000)&0x3ff, 4))
		default:
			b.WriteString(`\u` + digits(r, 4))
		}
	}
	return b.String()
}
