// SPDX-License-Identifier: Apache-2.0

package text

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"kresd-manager/internal/config/tree"
)

// jsonReader reads JSON (RFC 8259). encoding/json is of no help here: it has
// neither positions nor an opinion on duplicate keys, and it replaces what is
// not Unicode silently.
type jsonReader struct {
	cursor
	nodes      int
	duplicates tree.Findings // the text is JSON, and refused for these
	syntax     *tree.Problem // the text is not JSON
}

// readJSON gives the tree of a JSON text. A syntax problem means that it may
// be another format; other problems are final.
func readJSON(src string) (root tree.Node, syntax *tree.Problem, problems tree.Problems) {
	r := jsonReader{cursor: newCursor(src)}
	r.space()
	if r.value(&root, &tree.Place{}, 0) {
		r.space()
		if r.off < len(r.src) {
			r.fail("the end of the text")
		}
	}
	return root, r.syntax, r.duplicates.In("")
}

// fail notes the first syntax problem, at the next byte.
func (r *jsonReader) fail(expected string) bool {
	return r.stop("not valid JSON: expected " + expected + ", found " + r.found())
}

func (r *jsonReader) stop(message string) bool {
	if r.syntax == nil {
		at := r.position()
		r.syntax = &tree.Problem{
			Line: int(at.Line), Column: int(at.Column), Severity: tree.SeverityError, Message: message,
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

func (r *jsonReader) value(n *tree.Node, at *tree.Place, depth int) bool {
	n.At = r.position()
	if r.nodes++; r.nodes > tree.MaxNodes {
		return r.stop(tree.TooManyValues)
	}
	switch c := r.peek(); c {
	case '{', '[':
		if depth == tree.MaxDepth {
			return r.stop(tree.TooDeep)
		}
		if c == '[' {
			return r.list(n, at, depth)
		}
		return r.object(n, at, depth)
	case '"':
		n.Kind = tree.Text
		return r.text(&n.Text)
	case 't':
		return r.word(n, tree.Boolean, "true")
	case 'f':
		return r.word(n, tree.Boolean, "false")
	case 'n':
		return r.word(n, tree.Null, "null")
	default:
		if c == '-' || IsDigit(c) {
			return r.number(n)
		}
		return r.fail("a value")
	}
}

func (r *jsonReader) word(n *tree.Node, k tree.Kind, word string) bool {
	if !r.at(word) {
		return r.fail(word)
	}
	r.off += len(word)
	n.Kind = k
	if k == tree.Boolean {
		n.Text = word
	}
	return true
}

func (r *jsonReader) number(n *tree.Node) bool {
	start := r.off
	n.Kind = tree.Integer
	if r.peek() == '-' {
		r.off++
	}
	if r.peek() == '0' {
		r.off++
	} else if !r.digits() {
		return r.fail("a digit")
	}
	if r.peek() == '.' {
		n.Kind = tree.Float
		r.off++
		if !r.digits() {
			return r.fail("a digit")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		n.Kind = tree.Float
		r.off++
		if c := r.peek(); c == '+' || c == '-' {
			r.off++
		}
		if !r.digits() {
			return r.fail("a digit")
		}
	}
	n.Text = r.src[start:r.off]
	if len(n.Text) > tree.MaxNumber {
		return r.fail("a number of at most " + strconv.Itoa(tree.MaxNumber) + " characters")
	}
	return true
}

func (r *jsonReader) digits() bool {
	start := r.off
	for IsDigit(r.peek()) {
		r.off++
	}
	return r.off > start
}

func (r *jsonReader) list(n *tree.Node, at *tree.Place, depth int) bool {
	n.Kind = tree.List
	r.off++ // [
	r.space()
	if r.peek() == ']' {
		r.off++
		return true
	}
	here := tree.Place{Up: at, List: true}
	for {
		n.Append(tree.Member{})
		here.Index = n.Len() - 1
		r.space()
		if !r.value(&n.Member(here.Index).Value, &here, depth+1) {
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

func (r *jsonReader) object(n *tree.Node, at *tree.Place, depth int) bool {
	n.Kind = tree.Object
	r.off++ // {
	r.space()
	if r.peek() == '}' {
		r.off++
		return true
	}
	start := r.off
	here := tree.Place{Up: at} // one for all keys: it does not stay on the stack
	for {
		r.space()
		if n.Len() == manyMembers {
			n.SetMembers(slices.Grow(n.Members(), (len(r.src)-r.off)/((r.off-start)/manyMembers)))
		}
		n.Append(tree.Member{KeyAt: r.position()})
		m := n.Member(n.Len() - 1)
		if r.peek() != '"' {
			return r.fail("a key in double quotes")
		}
		if !r.text(&m.Key) {
			return false
		}
		r.space()
		if r.peek() != ':' {
			return r.fail("':'")
		}
		r.off++
		r.space()
		here.Key = m.Key
		if !r.value(&m.Value, &here, depth+1) {
			return false
		}
		r.space()
		switch r.peek() {
		case ',':
			r.off++
		case '}':
			r.off++
			r.duplicates.AddDuplicates(n, at)
			return true
		default:
			return r.fail("',' or '}'")
		}
	}
}
