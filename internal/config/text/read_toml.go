// SPDX-License-Identifier: Apache-2.0

package text

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"kresd-manager/internal/config/tree"
)

// maxTOMLNodes is lower than [tree.MaxNodes], because the library has the whole of
// a value in memory before it is looked at; lines that are folded do not count.
const maxTOMLNodes = 1 << 18

// readTOML gives the tree of a TOML text.
//
// The library finds expressions, keys and values, and knows what they may look
// like. Which keys may be given again, and what becomes of them, is for the tables
// of tomlReader; so is where lists are, of which the library does not tell it.
func readTOML(src string) (tree.Node, tree.Problems) {
	if folded, runs := fold(src, '='); runs != nil {
		if root, problems, ok := readTOMLFolded(folded, runs); ok {
			return root, problems
		}
	}
	root, problems, _ := readTOMLFolded(src, nil)
	return root, problems
}

// readTOMLFolded is false if folding got in the way of reading.
func readTOMLFolded(src string, runs []run) (tree.Node, tree.Problems, bool) {
	if countTOMLNodes(src) > maxTOMLNodes {
		return tree.Node{}, tree.Problems{{Severity: tree.SeverityError, Message: tooManyTOMLValues}}, true
	}
	r := tomlReader{cursor: newCursor(src), runs: runs}
	root := r.document()
	if r.excess != nil {
		return tree.Node{}, tree.Problems{*r.excess}, true
	}
	if r.syntax != nil {
		return tree.Node{}, tree.Problems{*r.syntax}, runs == nil
	}
	for i := range runs {
		if !runs[i].used {
			return tree.Node{}, nil, false
		}
	}
	return root, r.In(""), !r.folded
}

// TOMLEnds reports every value of a valid text that follows an equals sign where it
// ends: offsets by the offset where it starts.
func TOMLEnds(src string) map[int]int {
	r := tomlReader{cursor: newCursor(src), ends: make(map[int]int)}
	r.document()
	return r.ends
}

var tooManyTOMLValues = fmt.Sprintf("more than %d values", maxTOMLNodes)

// countTOMLNodes is a bound on the values that the library would have in memory, from
// the characters that separate them.
func countTOMLNodes(src string) int {
	if len(src) <= maxTOMLNodes {
		return 0
	}
	count := 0
	for i := range len(src) {
		switch src[i] {
		case ',', '[', '{':
			count++
		}
	}
	return count
}

// tomlReader builds the tree of a text.
type tomlReader struct {
	cursor
	tree.Findings // what is valid, and not to be had in a configuration
	runs          []run
	nodes         int
	inline        int           // tables in braces around what is read now
	excess        *tree.Problem // a bound is exceeded
	syntax        *tree.Problem // the text is not valid
	folded        bool          // a run was not where it was expected
	ends          map[int]int   // of values, if someone asks
}

// tomlKey is one part of a key.
type tomlKey struct {
	name string
	at   tree.Position
	end  int // offset after it
}

// invalid notes the first thing that is wrong with the text, at an offset.
func (r *tomlReader) invalid(off int, message string) bool {
	if r.syntax == nil {
		c := newCursor(r.src) // it may be before what was counted
		at := c.positionOf(off)
		r.syntax = &tree.Problem{
			Line: int(at.Line), Column: int(at.Column), Severity: tree.SeverityError, Message: "not valid TOML: " + message,
		}
	}
	return false
}

// conflict is about a key that cannot be given (again).
func (r *tomlReader) conflict(k tomlKey) bool {
	if r.syntax == nil {
		r.syntax = &tree.Problem{
			Line: int(k.at.Line), Column: int(k.at.Column), Severity: tree.SeverityError,
			Message: "not valid TOML: the key " + strconv.Quote(tree.Shorten(k.name)) + " has a value already",
		}
	}
	return false
}

// refuse notes a value that is valid and of no use.
func (r *tomlReader) refuse(at tree.Position, path []string, message, hint string) {
	r.Add(tree.Tokens(path), at, tree.SeverityError, message, hint)
}

// exceeds notes that a bound is exceeded, at a place.
func (r *tomlReader) exceeds(at tree.Position, message string) {
	if r.excess == nil {
		r.excess = &tree.Problem{Line: int(at.Line), Column: int(at.Column), Severity: tree.SeverityError, Message: message}
	}
}

// within counts a value.
func (r *tomlReader) within(at tree.Position, path []string) bool {
	if r.nodes++; r.nodes > maxTOMLNodes {
		r.exceeds(at, tooManyTOMLValues)
	}
	return r.excess == nil && r.nested(at, path[:len(path)-1])
}

// nested bounds the depth of a list or table at path.
func (r *tomlReader) nested(at tree.Position, path []string) bool {
	if len(path) >= tree.MaxDepth {
		r.exceeds(at, tree.TooDeep)
	}
	return r.excess == nil
}

// codePoint is how the library writes a character that can be seen.
var codePoint = regexp.MustCompile(`U\+[0-9A-F]+ ('.*')`)

// document reads tables and keys up to the end.
func (r *tomlReader) document() tree.Node {
	root := newTable(tree.Position{Line: 1, Column: 1})
	current, path := root, []string(nil)
	var p unstable.Parser
	p.Reset([]byte(r.src))
	for ok := true; ok && p.NextExpression(); {
		switch e := p.Expression(); e.Kind {
		case unstable.KeyValue:
			ok = r.assignment(current, path, e)
		case unstable.Table, unstable.ArrayTable:
			current, path, ok = r.header(root, e)
		}
	}
	if err := p.Error(); err != nil && r.syntax == nil && r.excess == nil {
		var wrong *unstable.ParserError
		switch {
		case !errors.As(err, &wrong):
			r.invalid(0, "it cannot be read")
		case strings.Contains(wrong.Message, "levels deep"):
			c := newCursor(r.src)
			r.exceeds(c.positionOf(int(p.Range(wrong.Highlight).Offset)), tree.TooDeep)
		default:
			r.invalid(int(p.Range(wrong.Highlight).Offset), codePoint.ReplaceAllString(wrong.Message, "$1"))
		}
	}
	n := root.node()
	if r.runs != nil && hasDuplicates(&n) {
		r.folded = true
	}
	return n
}

// hasDuplicates finds what folding may have hidden from the tables.
func hasDuplicates(n *tree.Node) bool {
	found := false
	if n.Kind == tree.Object {
		n.Duplicates(func(_, _ *tree.Member) { found = true })
	}
	for i := range n.Len() {
		found = found || hasDuplicates(&n.Member(i).Value)
	}
	return found
}

// keys are the parts of a key.
func (r *tomlReader) keys(e *unstable.Node) []tomlKey {
	var keys []tomlKey
	for it := e.Key(); it.Next(); {
		k := it.Node()
		off := int(k.Raw.Offset)
		keys = append(keys, tomlKey{name: r.share(k), at: r.positionOf(off), end: off + int(k.Raw.Length)})
	}
	return keys
}

// share is the text of a key or string, which is a part of the source unless there
// are escapes in it.
func (r *tomlReader) share(n *unstable.Node) string {
	raw := r.src[n.Raw.Offset : n.Raw.Offset+n.Raw.Length]
	if raw == string(n.Data) {
		return raw
	}
	if inner := raw[min(1, len(raw)):max(len(raw)-1, min(1, len(raw)))]; inner == string(n.Data) {
		return inner
	}
	return string(n.Data)
}

// header reads [a.b] or [[a.b]] and gives the table that it opens.
func (r *tomlReader) header(root *table, e *unstable.Node) (*table, []string, bool) {
	keys := r.keys(e)
	if len(keys) > tree.MaxDepth {
		r.exceeds(keys[tree.MaxDepth].at, tree.TooDeep)
		return nil, nil, false
	}
	t, path := root, []string(nil)
	for i, k := range keys {
		switch {
		case i < len(keys)-1:
			t, path = t.through(k, path)
		case e.Kind == unstable.Table:
			t, path = t.open(k), append(path, k.name)
		default:
			t, path = t.another(k, keys[0].at, path)
		}
		if t == nil {
			return nil, nil, r.conflict(k)
		}
		if !r.within(k.at, path) || !r.nested(k.at, path) {
			return nil, nil, false
		}
	}
	return t, path, true
}

// assignment reads key = value into a table.
func (r *tomlReader) assignment(t *table, path []string, e *unstable.Node) bool {
	keys := r.keys(e)
	if len(keys) > tree.MaxDepth {
		r.exceeds(keys[tree.MaxDepth].at, tree.TooDeep)
		return false
	}
	if run := findRun(r.runs, keys[0].name); run != nil {
		return r.unfold(t, run, keys[0].at, e.Value())
	}
	path = path[:len(path):len(path)]
	for _, k := range keys[:len(keys)-1] {
		if t, path = t.dotted(k, path); t == nil {
			return r.conflict(k)
		}
	}
	last := keys[len(keys)-1]
	if _, existed := t.byKey[last.name]; existed {
		return r.conflict(last)
	}
	path = append(path, last.name)
	r.off = last.end + strings.IndexByte(r.src[last.end:], '=') + 1
	for r.peek() == ' ' || r.peek() == '\t' {
		r.off++
	}
	var value tree.Node
	start := r.off
	if !r.within(last.at, path) || !r.value(&value, e.Value(), path) {
		return false
	}
	if r.ends != nil {
		r.ends[start] = r.off
	}
	t.add(last, value)
	return true
}

// unfold puts the lines of a run in place of the line that stood for them.
func (r *tomlReader) unfold(t *table, run *run, start tree.Position, value *unstable.Node) bool {
	if int(start.Line) != run.first || value.Kind != unstable.Integer || string(value.Data) != "0" || run.used || r.inline > 0 {
		r.folded = true
		return true
	}
	packed, ok := pack(run, '=', func(word string, _ bool) (tree.Node, bool) {
		return tree.Node{Kind: tree.Text, Text: word}, true
	})
	if !ok {
		r.folded = true
		return true
	}
	run.used = true
	members := make([]tree.Member, packed.Len())
	packed.Read(0, members)
	t.members = append(t.members, members...)
	return true
}
