// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// tomlEditor edits a TOML text: values in their places, new keys after the last
// of their table, keys that go with their line. What would need a table to be
// made, moved or removed is refused.
type tomlEditor struct {
	editor
	lines []int
	ends  map[int]int // of values that follow an equals sign, by their start
}

func editTOML(src string, from, to *tree.Node) (string, error) {
	e := tomlEditor{editor: editor{src: src, newline: "\n"}, lines: []int{0}, ends: text.TOMLEnds(src)}
	if strings.Contains(src, "\r\n") {
		e.newline = "\r\n"
	}
	for i := range len(src) {
		if src[i] == '\n' {
			e.lines = append(e.lines, i+1)
		}
	}
	if err := e.object(from, to, &tree.Place{}); err != nil {
		return "", err
	}
	return e.apply()
}

func (e *tomlEditor) offset(p tree.Position) int {
	off := e.lines[p.Line-1]
	for range p.Column - 1 {
		_, size := utf8.DecodeRuneInString(e.src[off:])
		off += size
	}
	return off
}

// extent is where the value of a member stands, if it is one that follows an
// equals sign.
func (e *tomlEditor) extent(m *tree.Member) (start, end int, ok bool) {
	if m.Value.At.Line == 0 {
		return 0, 0, false
	}
	start = e.offset(m.Value.At)
	end, ok = e.ends[start]
	return start, end, ok
}

func (e *tomlEditor) refuse(at *tree.Place, what string) error {
	return fmt.Errorf("%s: %s cannot be done in TOML without rewriting the file; see kresctl convert", at.Pointer(), what)
}

func (e *tomlEditor) object(from, to *tree.Node, at *tree.Place) error {
	find := tree.KeyFinder(to, 0, to.Len())
	last := -1 // end of the last key's line
	indent := ""
	for i := range from.Len() {
		m := from.Member(i)
		here := &tree.Place{Up: at, Key: m.Key}
		start, end, simple := e.extent(m)
		j, stays := find(m.Key)
		if simple {
			line := strings.LastIndexByte(e.src[:start], '\n') + 1
			if stop := e.lineStop(end); stop > last {
				last = stop
				indent = e.src[line : line+len(e.src[line:])-len(strings.TrimLeft(e.src[line:], " \t"))]
			}
		}
		switch {
		case stays && tree.Same(&m.Value, &to.Member(j).Value):
		case stays && simple:
			value, err := text.TOMLValue(&to.Member(j).Value, here)
			if err != nil {
				return err
			}
			e.replace(start, end, value)
		case stays && m.Value.Kind == tree.Object && to.Member(j).Value.Kind == tree.Object:
			if err := e.object(&m.Value, &to.Member(j).Value, here); err != nil {
				return err
			}
		case stays && tables(&m.Value, &to.Member(j).Value):
			for k := range m.Value.Len() {
				err := e.object(&m.Value.Member(k).Value, &to.Member(j).Value.Member(k).Value, &tree.Place{Up: here, Index: k, List: true})
				if err != nil {
					return err
				}
			}
		case !stays && simple:
			line := strings.LastIndexByte(e.src[:start], '\n') + 1
			e.replace(line, text.LineEnd(e.src, end), "")
		case stays:
			return e.refuse(here, "that change")
		default:
			return e.refuse(here, "removing a table")
		}
	}
	was := tree.KeyFinder(from, 0, from.Len())
	for j := range to.Len() {
		m := to.Member(j)
		if _, there := was(m.Key); there {
			continue
		}
		here := &tree.Place{Up: at, Key: m.Key}
		if last < 0 {
			return e.refuse(here, "a new key in this place")
		}
		value, err := text.TOMLValue(&m.Value, here)
		if err != nil {
			return err
		}
		next := text.LineEnd(e.src, last)
		line := indent + text.TOMLKey(m.Key) + " = " + value + "\n"
		if next == last { // the text ends without a line end
			line = "\n" + strings.TrimSuffix(line, "\n")
		}
		e.replace(next, next, line)
	}
	return nil
}

// tables says that two lists have as many tables and nothing else.
func tables(from, to *tree.Node) bool {
	if from.Kind != tree.List || to.Kind != tree.List || from.Len() != to.Len() {
		return false
	}
	for i := range from.Len() {
		if from.Member(i).Value.Kind != tree.Object || to.Member(i).Value.Kind != tree.Object {
			return false
		}
	}
	return true
}
