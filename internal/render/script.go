// SPDX-License-Identifier: Apache-2.0

// Package render turns a configuration into what the daemons read: the Lua of
// the workers and of the policy-loader, and the options of the cache garbage
// collector. Everything here is a pure function: the same configuration gives
// the same text, byte by byte.
//
// No text of the configuration reaches Lua unquoted.
package render

import (
	"fmt"
	"strings"
)

// script collects Lua text.
type script struct {
	b     strings.Builder
	title string // of the section that has no line yet
}

// section starts a part of the file with a comment that names the keys it
// comes from. A section without lines is not written.
func (s *script) section(keys string) { s.title = keys }

// line adds one line; every %s argument must be a literal made by quote, text,
// list or table.
func (s *script) line(format string, args ...any) {
	s.begin()
	fmt.Fprintf(&s.b, format, args...)
	s.b.WriteByte('\n')
}

// raw adds one line of literals that may be megabytes, which a format would copy.
func (s *script) raw(parts ...string) {
	s.begin()
	size := 1
	for _, p := range parts {
		size += len(p)
	}
	s.b.Grow(size)
	for _, p := range parts {
		s.b.WriteString(p)
	}
	s.b.WriteByte('\n')
}

// begin writes the line of a section before what is first in it.
func (s *script) begin() {
	if s.title != "" {
		fmt.Fprintf(&s.b, "\n-- %s\n", s.title)
		s.title = ""
	}
}

// partSize is how many pieces go into one Lua function, which can have only
// 65,536 constants; a piece has a handful.
const partSize = 1000

// parts writes n pieces, in functions of their own where there are many.
func (s *script) parts(n int, piece func(i int)) {
	for i := range n {
		if n > partSize && i%partSize == 0 {
			s.when(i > 0, "end part() end")
			s.line("do local function part()")
		}
		piece(i)
	}
	s.when(n > partSize, "end part() end")
}

// when adds a line if a condition holds.
func (s *script) when(condition bool, line string) {
	if condition {
		s.line("%s", line)
	}
}

// quote returns s as a Lua string literal (Lua 5.1 manual §2.1). Bytes other
// than printable ASCII become decimal escapes, always of three digits, so that
// a digit that follows is not swallowed.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03d", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// text returns s as a Lua long string, which keeps lines readable. Lua turns
// CR into LF inside one and may stop at NUL, so text with these is quoted.
func text(s string) string {
	if strings.ContainsAny(s, "\r\x00") {
		return quote(s)
	}
	level := ""
	for strings.Contains(s, "]"+level+"]") || strings.HasSuffix(s, "]"+level) {
		level += "="
	}
	// The first newline after the bracket is not part of the string.
	return "[" + level + "[\n" + s + "]" + level + "]"
}

// list returns a Lua table of quoted strings.
func list[T ~string](items []T) string {
	q := make([]string, len(items))
	for i, it := range items {
		q[i] = quote(string(it))
	}
	return "{ " + strings.Join(q, ", ") + " }"
}
