// SPDX-License-Identifier: Apache-2.0

// Package render turns a configuration into what the daemons read: the Lua of
// the workers and of the policy-loader, and the options of the cache garbage
// collector. Everything here is a pure function: the same configuration gives
// the same text, byte by byte.
//
// No text of the configuration reaches Lua unquoted.
package render

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strings"
)

// script writes Lua text, which may have many megabytes, part by part.
type script struct {
	b     []byte    // what is not written yet
	out   io.Writer // which fails no one here: what it could not take, it tells itself
	sum   hash.Hash // of all that was written
	title string    // of the section that has no line yet
}

func newScript(out io.Writer) *script { return &script{out: out, sum: sha256.New()} }

// flush writes what there is.
func (s *script) flush() {
	_, _ = s.sum.Write(s.b)
	_, _ = s.out.Write(s.b)
	s.b = s.b[:0]
}

// chunk is how many bytes are written at once.
const chunk = 1 << 14

// part makes room where there is enough to be written.
func (s *script) part() {
	if len(s.b) >= chunk {
		s.flush()
	}
}

// add writes literals as they are.
func (s *script) add(parts ...string) {
	for _, p := range parts {
		for len(p) > chunk { // a text may have megabytes
			s.b = append(s.b, p[:chunk]...)
			s.flush()
			p = p[chunk:]
		}
		s.b = append(s.b, p...)
	}
	s.part()
}

// hash names all that was added so far, see [Hash].
func (s *script) hash() string {
	s.flush()
	_, _ = s.sum.Write([]byte{0})
	return SumOf(s.sum)
}

// section starts a part of the file with a comment that names the keys it
// comes from. A section without lines is not written.
func (s *script) section(keys string) { s.title = keys }

// line adds one line; every %s argument must be a literal made by quote, text,
// list or table.
func (s *script) line(format string, args ...any) {
	s.begin()
	s.b = append(fmt.Appendf(s.b, format, args...), '\n')
	s.part()
}

// raw adds one line of literals that may be megabytes, which a format would copy.
func (s *script) raw(parts ...string) {
	s.begin()
	s.add(parts...)
	s.add("\n")
}

// begin writes the line of a section before what is first in it.
func (s *script) begin() {
	if s.title != "" {
		s.add("\n-- ", s.title, "\n")
		s.title = ""
	}
}

// partSize is how many pieces go into one Lua function, which can have only
// 65,536 constants; a piece has a handful.
const partSize = 1000

// parts writes n pieces, in functions of their own where there are many.
func (s *script) parts(n int, piece func(i int)) {
	p := s.partsOf(n)
	for i := range n {
		p.next()
		piece(i)
	}
	p.end()
}

// pieces puts n pieces into functions of their own, where there are many.
type pieces struct {
	s    *script
	n, i int
}

func (s *script) partsOf(n int) pieces { return pieces{s: s, n: n} }

// next comes before each piece.
func (p *pieces) next() {
	if p.n > partSize && p.i%partSize == 0 {
		p.s.when(p.i > 0, "end part() end")
		p.s.line("do local function part()")
	}
	p.i++
}

// end comes after the last.
func (p *pieces) end() { p.s.when(p.n > partSize, "end part() end") }

// when adds a line if a condition holds.
func (s *script) when(condition bool, line string) {
	if condition {
		s.line("%s", line)
	}
}

// quote returns s as a Lua string literal (Lua 5.1 manual §2.1). Bytes other
// than printable ASCII become decimal escapes, always of three digits, so that
// a digit that follows is not swallowed.
func quote(s string) string { return string(appendQuoted(make([]byte, 0, len(s)+2), s)) }

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = fmt.Appendf(b, "\\%03d", c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '\'')
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
