// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// value reads a value of TOML 1.0 or 1.1.
func (r *tomlReader) value(n *node, path []string) bool {
	n.at = r.position()
	switch r.peek() {
	case '[':
		return r.array(n, path)
	case '{':
		return r.inlineTable(n, path)
	case '"', '\'':
		n.kind = text
		if r.at(`"""`) || r.at(`'''`) {
			return r.block(&n.text) && r.checkText(n, path)
		}
		return r.line(&n.text) && r.checkText(n, path)
	}
	start := r.off
	for r.off < len(r.src) && strings.IndexByte(" \t\r\n,]}#", r.src[r.off]) < 0 {
		r.off++
	}
	if r.off-start == len("2001-02-03") && r.peek() == ' ' && r.off+1 < len(r.src) && isDigit(r.src[r.off+1]) {
		for r.off++; r.off < len(r.src) && strings.IndexByte(" \t\r\n,]}#", r.src[r.off]) < 0; {
			r.off++
		}
	}
	return r.word(n, r.src[start:r.off], path)
}

// checkText refuses NUL, which no daemon can be handed.
func (r *tomlReader) checkText(n *node, path []string) bool {
	if strings.IndexByte(n.text, 0) >= 0 {
		r.refuse(n.at, path, "a NUL character is not allowed", "")
	}
	return true
}

// word reads a value without quotes or brackets.
func (r *tomlReader) word(n *node, word string, path []string) bool {
	digits := strings.ReplaceAll(word, "_", "")
	unsigned := strings.TrimLeft(digits, "+-")
	switch {
	case word == "":
		return r.fail("a value")
	case word == "true" || word == "false":
		n.kind, n.text = boolean, word
	case unsigned == "inf" || unsigned == "nan":
		r.refuse(n.at, path, word+" is not a finite number", "")
	case len(digits) > 8 && digits[4] == '-' || strings.Contains(word, ":"):
		r.refuse(n.at, path, shorten(word)+" is a date or time, which no key takes", "write it in quotes")
	case len(digits) > maxNumber:
		r.refuse(n.at, path, "a number of more than "+strconv.Itoa(maxNumber)+" characters", "")
	case !strings.HasPrefix(unsigned, "0x") && strings.ContainsAny(unsigned, ".eE"):
		n.kind, n.text = float, strings.TrimPrefix(digits, "+")
		if !isJSONNumber(n.text) {
			f, err := strconv.ParseFloat(n.text, 64)
			if err != nil {
				return r.fail("a number")
			}
			n.text = pythonFloat(f)
		}
	default:
		i, ok := new(big.Int).SetString(strings.TrimPrefix(digits, "+"), 0)
		if !ok {
			return r.fail("a value")
		}
		n.kind, n.text = integer, i.String()
	}
	return true
}

func (r *tomlReader) array(n *node, path []string) bool {
	if !r.nested(path) {
		return false
	}
	n.kind = list
	r.off++ // [
	for {
		r.space()
		if r.peek() == ']' {
			r.off++
			return true
		}
		here := append(path[:len(path):len(path)], strconv.Itoa(len(n.members)))
		n.members = append(n.members, member{})
		if !r.within(here) || !r.value(&n.members[len(n.members)-1].value, here) {
			return false
		}
		r.space()
		switch r.peek() {
		case ',':
			r.off++
		case ']':
		default:
			return r.fail(`"," or "]"`)
		}
	}
}

func (r *tomlReader) inlineTable(n *node, path []string) bool {
	if !r.nested(path) {
		return false
	}
	r.inline++
	defer func() { r.inline-- }()
	t := newTable(n.at)
	r.off++ // {
	for {
		r.space()
		if r.peek() == '}' {
			r.off++
			*n = t.node()
			return true
		}
		if !r.assignment(t, path) {
			return false
		}
		r.space()
		switch r.peek() {
		case ',':
			r.off++
		case '}':
		default:
			return r.fail(`"," or "}"`)
		}
	}
}

// line reads a string on one line, basic or literal.
func (r *tomlReader) line(s *string) bool {
	quote := r.peek()
	r.off++
	start := r.off
	for r.off < len(r.src) {
		switch c := r.src[r.off]; {
		case c == quote:
			*s = r.src[start:r.off]
			r.off++
			return true
		case c == '\\' && quote == '"':
			return r.escaped(s, start, `"`)
		case c == '\n':
			return r.fail("the closing quote")
		}
		r.off++
	}
	return r.fail("the closing quote")
}

// block reads a string of several lines, basic or literal. A line end right
// after the opening quotes is not part of it; up to two quotes right before
// the closing ones are.
func (r *tomlReader) block(s *string) bool {
	quotes := r.src[r.off : r.off+3]
	r.off += 3
	if r.at("\r\n") {
		r.off += 2
	} else if r.at("\n") {
		r.off++
	}
	if quotes == `"""` {
		return r.escaped(s, r.off, quotes)
	}
	length := strings.Index(r.src[r.off:], quotes)
	if length < 0 {
		return r.fail("the closing quotes")
	}
	for range 2 {
		if strings.HasPrefix(r.src[r.off+length+3:], quotes[:1]) {
			length++
		}
	}
	*s = r.src[r.off : r.off+length]
	r.off += length + 3
	return true
}

// escaped reads the rest of a basic string that started at start.
func (r *tomlReader) escaped(s *string, start int, quotes string) bool {
	var b strings.Builder
	b.WriteString(r.src[start:r.off])
	for r.off < len(r.src) {
		switch c := r.src[r.off]; {
		case r.at(quotes):
			r.off += len(quotes)
			for range len(quotes) - 1 {
				if r.peek() == '"' {
					b.WriteByte('"')
					r.off++
				}
			}
			*s = b.String()
			return true
		case c == '\\':
			if !r.escape(&b) {
				return false
			}
		default:
			b.WriteByte(c)
			r.off++
		}
	}
	return r.fail("the closing quotes")
}

// escape reads one escape; a backslash at the end of a line joins lines.
func (r *tomlReader) escape(b *strings.Builder) bool {
	r.off++ // backslash
	if i := strings.IndexByte(`btnfre"\`, r.peek()); i >= 0 && r.off < len(r.src) {
		b.WriteByte("\b\t\n\f\r\x1b\"\\"[i])
		r.off++
		return true
	}
	length := map[byte]int{'x': 2, 'u': 4, 'U': 8}[r.peek()]
	if length == 0 {
		before := r.off
		for r.off < len(r.src) && strings.IndexByte(" \t\r\n", r.src[r.off]) >= 0 {
			r.off++
		}
		if !strings.Contains(r.src[before:r.off], "\n") {
			return r.fail("an escape")
		}
		return true
	}
	digits := r.src[min(r.off+1, len(r.src)):min(r.off+1+length, len(r.src))]
	u, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != length || !utf8.ValidRune(rune(u)) {
		return r.fail("an escape")
	}
	b.WriteRune(rune(u))
	r.off += 1 + length
	return true
}
