// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Bounds on what is read, far above any real configuration and far below what
// could exhaust the machine.
const (
	maxTextBytes = 64 << 20
	maxDepth     = 64      // of nested lists and objects
	maxNodes     = 1 << 21 // values in a document, aliases expanded
	maxNumber    = 400     // characters of a number
)

var (
	tooDeep       = fmt.Sprintf("more than %d levels of lists and objects", maxDepth)
	tooManyValues = fmt.Sprintf("more than %d values", maxNodes)
)

// jsonReader reads JSON (RFC 8259). encoding/json is of no help here: it has
// neither positions nor an opinion on duplicate keys, and it replaces what is
// not Unicode silently.
type jsonReader struct {
	cursor
	nodes      int
	duplicates findings // the text is JSON, and refused for these
	syntax     *Problem // the text is not JSON
}

// readJSON gives the tree of a JSON text. A syntax problem means that it may
// be another format; other problems are final.
func readJSON(src string) (root node, syntax *Problem, problems Problems) {
	r := jsonReader{cursor: newCursor(src)}
	r.space()
	if r.value(&root, &place{}, 0) {
		r.space()
		if r.off < len(r.src) {
			r.fail("the end of the text")
		}
	}
	return root, r.syntax, r.duplicates.in("")
}

// fail notes the first syntax problem, at the next byte.
func (r *jsonReader) fail(expected string) bool {
	return r.stop("not valid JSON: expected " + expected + ", found " + r.found())
}

func (r *jsonReader) stop(message string) bool {
	if r.syntax == nil {
		at := r.position()
		r.syntax = &Problem{
			Line: int(at.line), Column: int(at.column), Severity: SeverityError, Message: message,
		}
	}
	return false
}

func (r *jsonReader) found() string {
	if r.off >= len(r.src) {
		return "the end of the text"
	}
	c, _ := utf8.DecodeRuneInString(r.src[r.off:])
	return strconv.QuoteRune(c)
}

func (r *jsonReader) space() {
	for r.off < len(r.src) {
		switch r.src[r.off] {
		case ' ', '\t', '\n', '\r':
			r.off++
		default:
			return
		}
	}
}

func (r *jsonReader) value(n *node, at *place, depth int) bool {
	n.at = r.position()
	if r.nodes++; r.nodes > maxNodes {
		return r.stop(tooManyValues)
	}
	switch c := r.peek(); c {
	case '{', '[':
		if depth == maxDepth {
			return r.stop(tooDeep)
		}
		if c == '[' {
			return r.list(n, at, depth)
		}
		return r.object(n, at, depth)
	case '"':
		n.kind = text
		return r.text(&n.text)
	case 't':
		return r.word(n, boolean, "true")
	case 'f':
		return r.word(n, boolean, "false")
	case 'n':
		return r.word(n, null, "null")
	default:
		if c == '-' || isDigit(c) {
			return r.number(n)
		}
		return r.fail("a value")
	}
}

func (r *jsonReader) word(n *node, k kind, word string) bool {
	if !r.at(word) {
		return r.fail("" + word)
	}
	r.off += len(word)
	n.kind = k
	if k == boolean {
		n.text = word
	}
	return true
}

func (r *jsonReader) number(n *node) bool {
	start := r.off
	n.kind = integer
	if r.peek() == '-' {
		r.off++
	}
	if r.peek() == '0' {
		r.off++
	} else if !r.digits() {
		return r.fail("a digit")
	}
	if r.peek() == '.' {
		n.kind = float
		r.off++
		if !r.digits() {
			return r.fail("a digit")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		n.kind = float
		r.off++
		if c := r.peek(); c == '+' || c == '-' {
			r.off++
		}
		if !r.digits() {
			return r.fail("a digit")
		}
	}
	n.text = r.src[start:r.off]
	if len(n.text) > maxNumber {
		return r.fail("a number of at most " + strconv.Itoa(maxNumber) + " characters")
	}
	return true
}

func (r *jsonReader) digits() bool {
	start := r.off
	for isDigit(r.peek()) {
		r.off++
	}
	return r.off > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (r *jsonReader) list(n *node, at *place, depth int) bool {
	n.kind = list
	r.off++ // [
	r.space()
	if r.peek() == ']' {
		r.off++
		return true
	}
	here := place{up: at, list: true}
	for {
		n.members = append(n.members, member{})
		here.index = len(n.members) - 1
		r.space()
		if !r.value(&n.members[here.index].value, &here, depth+1) {
			return false
		}
		r.space()
		switch r.peek() {
		case ',':
			r.off++
		case ']':
			r.off++
			return true
		default:
			return r.fail("',' or ']'")
		}
	}
}

// manyMembers is when an object counts as one of those that most of the text
// consists of, and room for the rest of it is made at once.
const manyMembers = 1000

func (r *jsonReader) object(n *node, at *place, depth int) bool {
	n.kind = object
	r.off++ // {
	r.space()
	if r.peek() == '}' {
		r.off++
		return true
	}
	start := r.off
	here := place{up: at} // one for all keys: it does not stay on the stack
	for {
		r.space()
		if len(n.members) == manyMembers {
			n.members = slices.Grow(n.members, (len(r.src)-r.off)/((r.off-start)/manyMembers))
		}
		n.members = append(n.members, member{keyAt: r.position()})
		m := &n.members[len(n.members)-1]
		if r.peek() != '"' {
			return r.fail("a key in double quotes")
		}
		if !r.text(&m.key) {
			return false
		}
		r.space()
		if r.peek() != ':' {
			return r.fail("':'")
		}
		r.off++
		r.space()
		here.key = m.key
		if !r.value(&m.value, &here, depth+1) {
			return false
		}
		r.space()
		switch r.peek() {
		case ',':
			r.off++
		case '}':
			r.off++
			r.duplicates.addDuplicates(n, at)
			return true
		default:
			return r.fail("',' or '}'")
		}
	}
}

// addDuplicates notes every key of an object that stands there twice.
func (f *findings) addDuplicates(n *node, at *place) {
	n.duplicates(func(m, first *member) {
		f.add(&place{up: at, key: m.key}, m.keyAt, SeverityError,
			"the key "+strconv.Quote(shorten(m.key))+" is given twice",
			"it stands first in line "+strconv.Itoa(int(first.keyAt.line)))
	})
}
