// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strconv"
	"strings"
)

// maxTOMLNodes is lower than maxNodes, because the library needs much memory
// for each key; lines that are folded do not count.
const maxTOMLNodes = 1 << 18

// readTOML gives the tree of a TOML text.
//
// The library is the judge of what is valid TOML. It has no positions for
// values and no order of keys in lists, so the tree is built by tomlReader,
// which understands every valid text and does not care to refuse invalid ones.
// It comes first, because it bounds what the library then has to cope with.
func readTOML(src string) (node, Problems) {
	if folded, runs := fold(src, '='); runs != nil {
		if root, problems, ok := readTOMLFolded(folded, runs); ok {
			return root, problems
		}
	}
	root, problems, _ := readTOMLFolded(src, nil)
	return root, problems
}

// readTOMLFolded is false if folding got in the way of reading.
func readTOMLFolded(src string, runs []run) (node, Problems, bool) {
	r := tomlReader{cursor: newCursor(src), runs: runs}
	root := r.document()
	if r.excess != nil {
		return node{}, Problems{*r.excess}, true
	}
	// What the reader stumbled on is left to the library to explain, unless
	// it is built to exhaust the library's stack.
	if r.syntax != nil && strings.Count(src[r.off:], "[")+strings.Count(src[r.off:], "{") > 10_000 {
		return node{}, Problems{*r.syntax}, true
	}
	if problem := validateTOML(src); problem != nil {
		return node{}, Problems{*problem}, runs == nil
	}
	if r.syntax != nil {
		return node{}, Problems{*r.syntax}, runs == nil
	}
	for i := range runs {
		if !runs[i].used {
			return node{}, nil, false
		}
	}
	return root, r.in(""), !r.folded
}

// tomlReader builds the tree of a valid text.
type tomlReader struct {
	cursor
	findings // what is valid, and not to be had in a configuration
	runs     []run
	nodes    int
	inline   int      // tables in braces around what is read now
	excess   *Problem // a bound is exceeded
	syntax   *Problem // the text is not valid, as far as this reader can tell
	folded   bool     // a run was not where it was expected
}

// tomlKey is one part of a key.
type tomlKey struct {
	name string
	at   position
}

func (r *tomlReader) fail(expected string) bool {
	if r.syntax == nil {
		r.syntax = r.problemHere("not valid TOML: expected " + expected)
	}
	return false
}

func (r *tomlReader) problemHere(message string) *Problem {
	at := r.position()
	return &Problem{Line: int(at.line), Column: int(at.column), Severity: SeverityError, Message: message}
}

// conflict is about a key that cannot be given (again). The library misses
// some of these, and loses the first value.
func (r *tomlReader) conflict(k tomlKey) bool {
	if r.syntax == nil {
		r.syntax = &Problem{
			Line: int(k.at.line), Column: int(k.at.column), Severity: SeverityError,
			Message: "not valid TOML: the key " + strconv.Quote(shorten(k.name)) + " has a value already",
		}
	}
	return false
}

// refuse notes a value that is valid and of no use.
func (r *tomlReader) refuse(at position, path []string, message, hint string) {
	r.add(tokens(path), at, SeverityError, message, hint)
}

// within counts a value.
func (r *tomlReader) within(path []string) bool {
	if r.nodes++; r.nodes > maxTOMLNodes && r.excess == nil {
		r.excess = r.problemHere(fmt.Sprintf("more than %d values", maxTOMLNodes))
	}
	return r.excess == nil && r.nested(path[:len(path)-1])
}

// nested bounds the depth of a list or table at path.
func (r *tomlReader) nested(path []string) bool {
	if len(path) >= maxDepth && r.excess == nil {
		r.excess = r.problemHere(tooDeep)
	}
	return r.excess == nil
}

// document reads tables and keys up to the end.
func (r *tomlReader) document() node {
	root := newTable(position{1, 1})
	current, path := root, []string(nil)
	for {
		r.space()
		if r.off == len(r.src) {
			break
		}
		ok := false
		if r.peek() == '[' {
			current, path, ok = r.header(root)
		} else {
			ok = r.assignment(current, path)
		}
		if !ok {
			return node{}
		}
	}
	n := root.node()
	if r.runs != nil && hasDuplicates(&n) {
		r.folded = true
	}
	return n
}

// hasDuplicates finds what folding may have hidden from the library.
func hasDuplicates(n *node) bool {
	found := false
	if n.kind == object {
		n.duplicates(func(_, _ *member) { found = true })
	}
	for i := range n.members {
		found = found || hasDuplicates(&n.members[i].value)
	}
	return found
}

// header reads [a.b] or [[a.b]] and gives the table that it opens.
func (r *tomlReader) header(root *table) (*table, []string, bool) {
	brackets := "["
	if r.at("[[") {
		brackets = "[["
	}
	r.off += len(brackets)
	r.blank()
	at := r.position()
	keys, ok := r.key()
	if !ok || !r.at("]]"[:len(brackets)]) {
		return nil, nil, r.fail(`"]"`)
	}
	r.off += len(brackets)
	t, path := root, []string(nil)
	for i, k := range keys {
		if i == len(keys)-1 && brackets == "[[" {
			in := t.inner(k, true)
			if in == nil || !in.isList {
				return nil, nil, r.conflict(k)
			}
			t = newTable(at)
			path = append(path, k.name, strconv.Itoa(len(in.tables)))
			in.tables = append(in.tables, t)
		} else if t, path = t.descend(k, path); t == nil {
			return nil, nil, r.conflict(k)
		}
		if !r.within(path) || !r.nested(path) {
			return nil, nil, false
		}
	}
	return t, path, true
}

// assignment reads key = value into a table.
func (r *tomlReader) assignment(t *table, path []string) bool {
	start := r.position()
	keys, ok := r.key()
	if !ok || r.peek() != '=' {
		return r.fail(`"="`)
	}
	r.off++
	r.blank()
	if run := findRun(r.runs, keys[0].name); run != nil {
		return r.unfold(t, run, start)
	}
	path = path[:len(path):len(path)]
	for _, k := range keys[:len(keys)-1] {
		if t, path = t.descend(k, path); t == nil {
			return r.conflict(k)
		}
	}
	last := keys[len(keys)-1]
	if _, existed := t.byKey[last.name]; existed {
		return r.conflict(last)
	}
	path = append(path, last.name)
	var value node
	if !r.within(path) || !r.value(&value, path) {
		return false
	}
	t.add(last, value)
	return true
}

// unfold puts the lines of a run in place of the line that stood for them.
func (r *tomlReader) unfold(t *table, run *run, start position) bool {
	if int(start.line) != run.first || !r.at("0\n") || run.used || r.inline > 0 {
		r.folded = true
		return true
	}
	r.off++
	members, ok := run.unfold('=', func(word string, _ bool) (node, bool) {
		return node{kind: text, text: word}, true
	})
	if !ok {
		r.folded = true
		return true
	}
	run.used = true
	if t.members == nil {
		t.members = members
	} else {
		t.members = append(t.members, members...)
	}
	return true
}

// blank skips blanks within a line.
func (r *tomlReader) blank() {
	for r.off < len(r.src) && (r.src[r.off] == ' ' || r.src[r.off] == '\t') {
		r.off++
	}
}

// space skips blanks, line ends and comments.
func (r *tomlReader) space() {
	for r.off < len(r.src) {
		switch r.src[r.off] {
		case ' ', '\t', '\n', '\r':
			r.off++
		case '#':
			r.off = lineEnd(r.src, r.off)
		default:
			return
		}
	}
}

// key reads a key, dotted or not, and the blanks after it.
func (r *tomlReader) key() (keys []tomlKey, ok bool) {
	for {
		r.blank()
		k := tomlKey{at: r.position()}
		if c := r.peek(); c == '"' || c == '\'' {
			if !r.line(&k.name) {
				return nil, false
			}
		} else {
			start := r.off
			for isWord(r.peek()) || r.peek() == '-' {
				r.off++
			}
			if k.name = r.src[start:r.off]; k.name == "" {
				return nil, r.fail("a key")
			}
		}
		keys = append(keys, k)
		if len(keys) > maxDepth {
			r.excess = r.problemHere(tooDeep)
			return nil, false
		}
		r.blank()
		if r.peek() != '.' {
			return keys, true
		}
		r.off++
	}
}
