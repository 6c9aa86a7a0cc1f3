// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"kresd-manager/internal/config/tree"
)

// ByteOrderMark may stand at the start of a text, and means nothing.
const ByteOrderMark = "\uFEFF"

// MaxBytes is how long a text may be, far above any real configuration.
const MaxBytes = 64 << 20

// Read gives the tree of a text in a format. Without a format it is found out:
// what is JSON is read as JSON, what starts with a TOML table or "key =" as TOML,
// all else as YAML. What is JSON is read as JSON in YAML, too, which holds it.
//
// Problems are all that is wrong with the text as such, duplicate keys among it;
// they are sorted and name no file. Texts of more than 64 MiB are refused. raw is
// not kept.
func Read(format Format, raw []byte) (tree.Node, tree.Problems) {
	return ReadString(format, string(raw))
}

// ReadString is Read for a text that the tree keeps: the parts of it that are long and
// uniform stay text, and are made to values when they are looked at.
func ReadString(format Format, src string) (tree.Node, tree.Problems) {
	src, problem := checkText(src)
	if problem != nil {
		return tree.Node{}, tree.Problems{*problem}
	}
	var root tree.Node
	var problems tree.Problems
	switch format {
	case JSON:
		var syntax *tree.Problem
		if root, syntax, problems = readJSON(src); syntax != nil {
			problems = tree.Problems{*syntax}
		}
	case TOML:
		root, problems = readTOML(src)
	default:
		root, problems = readAny(src, format == YAML)
	}
	problems.Sort()
	return root, problems
}

// readAny reads a text whose format it has to find out; it is not TOML if that is
// known.
func readAny(src string, isYAML bool) (tree.Node, tree.Problems) {
	var syntax *tree.Problem
	if startsLikeJSON(src) {
		var (
			root     tree.Node
			problems tree.Problems
		)
		root, syntax, problems = readJSON(src)
		if syntax == nil {
			return root, problems
		}
	}
	if !isYAML && startsLikeTOML(src) {
		return readTOML(src)
	}
	root, problems := readYAML(src)
	// What neither parser takes was meant as JSON if it is JSON for a start.
	if len(problems) > 0 && syntax != nil && !failsAtOnce(src, syntax) {
		return tree.Node{}, tree.Problems{*syntax}
	}
	return root, problems
}

// failsAtOnce says that a text does not open a bracket, or stops being JSON with
// the word after it.
func failsAtOnce(src string, syntax *tree.Problem) bool {
	c := newCursor(src)
	c.off = len(src) - len(strings.TrimLeft(src, " \t\r\n"))
	if !c.at("{") && !c.at("[") {
		return true
	}
	c.off = len(src) - len(strings.TrimLeft(src[c.off+1:], " \t\r\n"))
	at := c.position()
	return syntax.Line == int(at.Line) && syntax.Column == int(at.Column)
}

// checkText gives the text without a byte order mark, if it is text.
func checkText(src string) (string, *tree.Problem) {
	if len(src) > MaxBytes {
		return "", &tree.Problem{Severity: tree.SeverityError, Message: "larger than " + strconv.Itoa(MaxBytes>>20) + " MiB"}
	}
	src = strings.TrimPrefix(src, ByteOrderMark)
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
	return "", &tree.Problem{
		Line: int(at.Line), Column: int(at.Column), Severity: tree.SeverityError,
		Message: message, Hint: "a configuration is UTF-8 text",
	}
}
