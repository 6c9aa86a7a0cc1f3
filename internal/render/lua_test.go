// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strconv"
	"strings"
)

// literal reads the Lua string literal at the beginning of src as LuaJIT does
// (Lua 5.1 manual §2.1) and returns its value and what follows it.
func literal(src string) (value, rest string, err error) {
	if src == "" {
		return "", "", fmt.Errorf("nothing to read")
	}
	if src[0] == '\'' || src[0] == '"' {
		return shortString(src[1:], src[0])
	}
	level, ok := openBracket(src)
	if !ok {
		return "", "", fmt.Errorf("no string starts with %.10q", src)
	}
	return longString(src[level+2:], level)
}

func shortString(src string, quote byte) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(src); i++ {
		switch c := src[i]; c {
		case quote:
			return b.String(), src[i+1:], nil
		case '\n', '\r':
			return "", "", fmt.Errorf("a line ends in a string")
		case '\\':
			i++
			if i == len(src) {
				return "", "", fmt.Errorf("a string ends in a backslash")
			}
			n := 0
			for n < 3 && i+n < len(src) && '0' <= src[i+n] && src[i+n] <= '9' {
				n++
			}
			if n > 0 {
				d, _ := strconv.Atoi(src[i : i+n])
				if d > 255 {
					return "", "", fmt.Errorf("escape \\%d is too large", d)
				}
				b.WriteByte(byte(d))
				i += n - 1
				continue
			}
			at := strings.IndexByte("abfnrtv\\\"'\n", src[i])
			if at < 0 {
				return "", "", fmt.Errorf("escape \\%c means different things to different Luas", src[i])
			}
			b.WriteByte("\a\b\f\n\r\t\v\\\"'\n"[at])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("a string does not end")
}

// openBracket returns the level of the long bracket at the beginning of src.
func openBracket(src string) (level int, ok bool) {
	if !strings.HasPrefix(src, "[") {
		return 0, false
	}
	level = len(src[1:]) - len(strings.TrimLeft(src[1:], "="))
	return level, strings.HasPrefix(src[1+level:], "[")
}

// longString reads byte by byte, as the lexer of Lua does: it takes a bracket
// and the equal signs after it at once, and looks at what stopped it again.
func longString(src string, level int) (value, rest string, err error) {
	var b strings.Builder
	i := 0
	newline := func() { // any of \n, \r, \n\r and \r\n is one
		if i+1 < len(src) && src[i] != src[i+1] && (src[i+1] == '\n' || src[i+1] == '\r') {
			i++
		}
		i++
	}
	if i < len(src) && (src[i] == '\n' || src[i] == '\r') {
		newline()
	}
	for i < len(src) {
		switch c := src[i]; c {
		case ']':
			start := i
			for i++; i < len(src) && src[i] == '='; i++ {
			}
			if i < len(src) && src[i] == ']' && i-start-1 == level {
				return b.String(), src[i+1:], nil
			}
			b.WriteString(src[start:i])
		case '\n', '\r':
			newline()
			b.WriteByte('\n')
		default:
			b.WriteByte(c)
			i++
		}
	}
	return "", "", fmt.Errorf("a long string does not end")
}

// strings of a script, in order, with everything else left out. Comments must
// not contain quotes or brackets, except those of whole lines.
func literals(src string) ([]string, error) {
	var all []string
	for src != "" {
		if strings.HasPrefix(src, "--") {
			_, src, _ = strings.Cut(src, "\n")
			continue
		}
		_, long := openBracket(src)
		if src[0] != '\'' && src[0] != '"' && !long {
			src = src[1:]
			continue
		}
		value, rest, err := literal(src)
		if err != nil {
			return all, err
		}
		all, src = append(all, value), rest
	}
	return all, nil
}
