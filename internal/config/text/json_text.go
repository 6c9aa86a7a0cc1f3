// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string. One without escapes is a part of the source.
func (r *jsonReader) text(s *string) bool {
	r.off++ // "
	start := r.off
	for r.off < len(r.src) {
		switch c := r.src[r.off]; {
		case c == '"':
			*s = r.src[start:r.off]
			r.off++
			return true
		case c == '\\':
			return r.escaped(s, start)
		case c < ' ':
			return r.fail("no control character in a string")
		}
		r.off++
	}
	return r.fail("'\"'")
}

func (r *jsonReader) escaped(s *string, start int) bool {
	var b strings.Builder
	b.WriteString(r.src[start:r.off])
	for r.off < len(r.src) {
		switch c := r.src[r.off]; {
		case c == '"':
			*s = b.String()
			r.off++
			return true
		case c == '\\':
			if !r.escape(&b) {
				return false
			}
		case c < ' ':
			return r.fail("no control character in a string")
		default:
			b.WriteByte(c)
			r.off++
		}
	}
	return r.fail("'\"'")
}

func (r *jsonReader) escape(b *strings.Builder) bool {
	r.off++ // backslash
	c := r.peek()
	if c == 'u' {
		return r.unicode(b)
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if c == 0 || i < 0 {
		return r.fail("an escape: one of \" \\ / b f n r t u")
	}
	b.WriteByte("\"\\/\b\f\n\r\t"[i])
	r.off++
	return true
}

// unicode reads uXXXX, or a surrogate pair of two. NUL and half a pair are
// refused: neither can be handed to a daemon.
func (r *jsonReader) unicode(b *strings.Builder) bool {
	c, ok := r.hex()
	if !ok {
		return r.fail("four hexadecimal digits")
	}
	if utf16.IsSurrogate(c) {
		var low rune
		if r.at(`\u`) {
			r.off++
			low, _ = r.hex()
		}
		if c = utf16.DecodeRune(c, low); c == utf8.RuneError {
			return r.fail("a surrogate pair")
		}
	}
	if c == 0 {
		return r.fail(`no NUL (\u0000) in a string`)
	}
	b.WriteRune(c)
	return true
}

func (r *jsonReader) hex() (rune, bool) {
	if len(r.src)-r.off < 5 {
		return 0, false
	}
	u, err := strconv.ParseUint(r.src[r.off+1:r.off+5], 16, 16)
	if err != nil {
		return 0, false
	}
	r.off += 5
	return rune(u), true
}
