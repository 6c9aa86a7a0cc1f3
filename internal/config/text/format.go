// SPDX-License-Identifier: Apache-2.0

package text

import "strings"

// Format is a language that configurations are written in.
type Format string

// Formats. In JSON there are no comments; in TOML the root is an object, and there
// is no null.
const (
	JSON Format = "json"
	YAML Format = "yaml"
	TOML Format = "toml"
)

// Formats are all of them.
var Formats = []Format{YAML, JSON, TOML}

// String is the name of the format as people write it.
func (f Format) String() string { return strings.ToUpper(string(f)) }

// Detect is the format of a text, as [Read] finds it.
func Detect(text []byte) Format {
	src := strings.TrimPrefix(string(text), ByteOrderMark)
	if startsLikeJSON(src) {
		if _, syntax, _ := readJSON(src); syntax == nil {
			return JSON
		}
	}
	if startsLikeTOML(src) {
		return TOML
	}
	return YAML
}

// startsLikeJSON is a cheap look that spares most YAML a JSON parser.
func startsLikeJSON(src string) bool {
	src = strings.TrimLeft(src, " \t\r\n")
	return src != "" && (strings.IndexByte(`{["-tfn`, src[0]) >= 0 || IsDigit(src[0]))
}

// startsLikeTOML looks at the first line that is neither blank nor a comment:
// a table header or a key with "=" after it. YAML reads neither as an object.
func startsLikeTOML(src string) bool {
	var line string
	for {
		src = strings.TrimLeft(src, " \t\r\n")
		line, src, _ = strings.Cut(src, "\n")
		if line == "" || line[0] != '#' {
			break
		}
	}
	line = strings.TrimRight(line, " \t\r")
	brackets := len(line) - len(strings.TrimLeft(line, "["))
	rest, ok := cutTOMLKey(line[brackets:])
	if !ok {
		return false
	}
	if brackets == 0 {
		return strings.HasPrefix(rest, "=")
	}
	end := strings.Repeat("]", brackets)
	rest, ok = strings.CutPrefix(rest, end)
	rest = strings.TrimLeft(rest, " \t")
	return ok && brackets <= 2 && (rest == "" || rest[0] == '#')
}

// cutTOMLKey removes a key, dotted or not, and the blanks after it.
func cutTOMLKey(line string) (rest string, ok bool) {
	for {
		line = strings.TrimLeft(line, " \t")
		length := 0
		if line != "" && (line[0] == '"' || line[0] == '\'') {
			length = strings.IndexByte(line[1:], line[0]) + 2
			if length < 2 {
				return "", false
			}
		} else {
			for length < len(line) && (IsWord(line[length]) || line[length] == '-') {
				length++
			}
			if length == 0 {
				return "", false
			}
		}
		line = strings.TrimLeft(line[length:], " \t")
		if line == "" || line[0] != '.' {
			return line, true
		}
		line = line[1:]
	}
}
