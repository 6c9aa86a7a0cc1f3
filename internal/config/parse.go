// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

const byteOrderMark = "\uFEFF"

// Parse reads a configuration, or one value of it, in YAML, JSON or TOML. The
// format is found from the text alone: what is JSON is read as JSON, what
// starts with a TOML table or "key =" as TOML, all else as YAML. name is what
// problems call the text; it may be empty.
//
// The error is of type [Problems]: all that is wrong with the text as such,
// duplicate keys among it. What a valid text means is for [Document.Config].
// Texts of more than 64 MiB are refused. text is not kept.
func Parse(name string, text []byte) (*Document, error) {
	root, problems := parse(text)
	if len(problems) > 0 {
		for i := range problems {
			problems[i].File = name
		}
		problems.sort()
		return nil, problems
	}
	return newDocument(name, root), nil
}

func parse(raw []byte) (node, Problems) {
	src, problem := checkText(raw)
	if problem != nil {
		return node{}, Problems{*problem}
	}
	var syntax *Problem
	if startsLikeJSON(src) {
		var (
			root     node
			problems Problems
		)
		root, syntax, problems = readJSON(src)
		if syntax == nil {
			return root, problems
		}
	}
	if startsLikeTOML(src) {
		return readTOML(src)
	}
	root, problems := readYAML(src)
	// What neither parser takes was meant as JSON if it is JSON for a start.
	if len(problems) > 0 && syntax != nil && !failsAtOnce(src, syntax) {
		return node{}, Problems{*syntax}
	}
	return root, problems
}

// failsAtOnce says that a text does not open a bracket, or stops being JSON with
// the word after it.
func failsAtOnce(src string, syntax *Problem) bool {
	c := newCursor(src)
	c.off = len(src) - len(strings.TrimLeft(src, " \t\r\n"))
	if !c.at("{") && !c.at("[") {
		return true
	}
	c.off = len(src) - len(strings.TrimLeft(src[c.off+1:], " \t\r\n"))
	at := c.position()
	return syntax.Line == int(at.line) && syntax.Column == int(at.column)
}

// FormatOf is the format of a text: "json", "toml" or "yaml".
func FormatOf(text []byte) string {
	src := strings.TrimPrefix(string(text), byteOrderMark)
	if startsLikeJSON(src) {
		if _, syntax, _ := readJSON(src); syntax == nil {
			return "json"
		}
	}
	if startsLikeTOML(src) {
		return "toml"
	}
	return "yaml"
}

// checkText gives the text without a byte order mark, if it is text.
func checkText(raw []byte) (string, *Problem) {
	if len(raw) > maxTextBytes {
		return "", &Problem{Severity: SeverityError, Message: "larger than " + strconv.Itoa(maxTextBytes>>20) + " MiB"}
	}
	raw = bytes.TrimPrefix(raw, []byte(byteOrderMark))
	src := string(raw)
	bad, message := strings.IndexByte(src, 0), "a NUL byte is not allowed"
	if !utf8.ValidString(src) {
		for i, c := range src {
			if bad >= 0 && bad < i {
				break
			}
			if _, size := utf8.DecodeRuneInString(src[i:]); c == utf8.RuneError && size == 1 {
				bad, message = i, "not valid UTF-8: byte 0x"+strconv.FormatUint(uint64(src[i]), 16)
				break
			}
		}
	}
	if bad < 0 {
		return src, nil
	}
	c := newCursor(src)
	at := c.positionOf(bad)
	return "", &Problem{
		Line: int(at.line), Column: int(at.column), Severity: SeverityError,
		Message: message, Hint: "a configuration is UTF-8 text",
	}
}

// startsLikeJSON is a cheap look that spares most YAML a JSON parser.
func startsLikeJSON(src string) bool {
	src = strings.TrimLeft(src, " \t\r\n")
	return src != "" && (strings.IndexByte(`{["-tfn`, src[0]) >= 0 || isDigit(src[0]))
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
			for length < len(line) && (isWord(line[length]) || line[length] == '-') {
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
