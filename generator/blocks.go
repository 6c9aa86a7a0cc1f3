// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"bytes"
	"slices"
)

// blocks returns a YAML text in which only the top-level blocks of the given
// keys are left. It is false for a text in which
// anything is unusual, so that only a YAML parser can tell where blocks end: a
// text that is in another format, quotes or brackets that go over several
// lines, an unusual top-level key. It errs on that side.
func blocks(text []byte, keys []string) (left []byte, ok bool) {
	keep, some := false, false
	for first := true; len(text) > 0; {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		body := bytes.TrimRight(line, " \t\r")
		if len(body) > 0 && body[0] != ' ' && body[0] != '#' {
			switch key, isKey := topKey(body); {
			case isKey:
				keep = slices.Contains(keys, string(key))
				some = true
			case first && string(body) == "---":
			default:
				return nil, false
			}
			first = false
		}
		if !closed(body) {
			return nil, false
		}
		if keep {
			left = append(append(left, line...), '\n')
		}
	}
	if left == nil {
		left = []byte("{}\n") // all of it is of other keys
	}
	return left, some
}

// hasOddBreaks looks for what is the end of a line to YAML and not to us.
func hasOddBreaks(line []byte) bool {
	for _, odd := range []string{"\x00", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(line, []byte(odd)) {
			return true
		}
	}
	return false
}

// topKey cuts the key from a line that starts with one.
func topKey(line []byte) ([]byte, bool) {
	for i, c := range line {
		switch {
		case c >= 'a' && c <= 'z', c == '-' && i > 0, c >= '0' && c <= '9' && i > 0:
		case c == ':' && i > 0:
			return line[:i], len(line) == i+1 || line[i+1] == ' '
		default:
			return nil, false
		}
	}
	return nil, false
}

// special are bytes that closed has to think about.
var special = func() (t [256]bool) {
	for _, c := range []byte("\"'{}[]#\x00\r\xc2\xe2") { // the last two begin odd breaks
		t[c] = true
	}
	return t
}()

// closed reports whether a line ends what it begins.
func closed(line []byte) bool {
	plain := true
	for _, c := range line {
		if special[c] {
			plain = false
			break
		}
	}
	if plain {
		return true
	}
	if hasOddBreaks(line) {
		return false
	}
	depth := 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case '#':
			if i == 0 || line[i-1] == ' ' || line[i-1] == '\t' {
				return depth == 0
			}
		case '"', '\'':
			for i++; ; i++ {
				if i >= len(line) {
					return false
				}
				if line[i] == '\\' && c == '"' {
					i++
				} else if line[i] == c {
					break
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}
