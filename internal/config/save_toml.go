// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tomlEditor edits a TOML text: values in their places, new keys after the last
// of their table, keys that go with their line. What would need a table to be
// made, moved or removed is refused.
type tomlEditor struct {
	editor
	lines []int
}

func saveTOML(src string, old, running *Document) (string, error) {
	e := tomlEditor{editor: editor{src: src, newline: "\n"}, lines: []int{0}}
	if strings.Contains(src, "\r\n") {
		e.newline = "\r\n"
	}
	for i := range len(src) {
		if src[i] == '\n' {
			e.lines = append(e.lines, i+1)
		}
	}
	if err := e.object(&old.root, &running.root, &place{}); err != nil {
		return "", err
	}
	return e.apply()
}

func (e *tomlEditor) offset(p position) int {
	off := e.lines[p.line-1]
	for range p.column - 1 {
		_, size := utf8.DecodeRuneInString(e.src[off:])
		off += size
	}
	return off
}

// extent is where the value of a member stands, if it is one that follows an
// equals sign.
func (e *tomlEditor) extent(m *member) (start, end int, ok bool) {
	if m.value.at.line == 0 {
		return 0, 0, false
	}
	start = e.offset(m.value.at)
	if before := strings.TrimRight(e.src[:start], " \t"); !strings.HasSuffix(before, "=") {
		return 0, 0, false
	}
	r := tomlReader{cursor: cursor{src: e.src, off: start, counted: start, line: m.value.at.line, column: m.value.at.column}}
	var n node
	if !r.value(&n, nil) || !same(&n, &m.value) {
		return 0, 0, false
	}
	return start, r.off, true
}

func (e *tomlEditor) refuse(at *place, what string) error {
	return fmt.Errorf("%s: %s cannot be done in TOML without writing the file anew; see kresctl convert", at.pointer(), what)
}

func (e *tomlEditor) object(from, to *node, at *place) error {
	find := positions(to)
	last := -1 // end of the last key's line
	indent := ""
	for i := range from.members {
		m := &from.members[i]
		here := &place{up: at, key: m.key}
		start, end, simple := e.extent(m)
		j, stays := find(m.key)
		if simple {
			line := strings.LastIndexByte(e.src[:start], '\n') + 1
			if stop := e.lineStop(end); stop > last {
				last = stop
				indent = e.src[line : line+len(e.src[line:])-len(strings.TrimLeft(e.src[line:], " \t"))]
			}
		}
		switch {
		case stays && same(&m.value, &to.members[j].value):
		case stays && simple:
			text, err := inlineTOML(&to.members[j].value, here)
			if err != nil {
				return err
			}
			e.replace(start, end, text)
		case stays && m.value.kind == object && to.members[j].value.kind == object:
			if err := e.object(&m.value, &to.members[j].value, here); err != nil {
				return err
			}
		case stays && tables(&m.value, &to.members[j].value):
			for k := range m.value.members {
				err := e.object(&m.value.members[k].value, &to.members[j].value.members[k].value, &place{up: here, index: k, list: true})
				if err != nil {
					return err
				}
			}
		case !stays && simple:
			line := strings.LastIndexByte(e.src[:start], '\n') + 1
			e.replace(line, lineEnd(e.src, end), "")
		case stays:
			return e.refuse(here, "that change")
		default:
			return e.refuse(here, "removing a table")
		}
	}
	was := positions(from)
	for j := range to.members {
		m := &to.members[j]
		if _, there := was(m.key); there {
			continue
		}
		here := &place{up: at, key: m.key}
		if last < 0 {
			return e.refuse(here, "a new key in this place")
		}
		text, err := inlineTOML(&m.value, here)
		if err != nil {
			return err
		}
		next := lineEnd(e.src, last)
		line := indent + keyTOML(m.key) + " = " + text + "\n"
		if next == last { // the text ends without a line end
			line = "\n" + strings.TrimSuffix(line, "\n")
		}
		e.replace(next, next, line)
	}
	return nil
}

// tables says that two lists have as many tables and nothing else.
func tables(from, to *node) bool {
	if from.kind != list || to.kind != list || len(from.members) != len(to.members) {
		return false
	}
	for i := range from.members {
		if from.members[i].value.kind != object || to.members[i].value.kind != object {
			return false
		}
	}
	return true
}

// inlineTOML is a value as it stands after an equals sign.
func inlineTOML(n *node, at *place) (string, error) {
	open, shut := "[", "]"
	switch n.kind {
	case null:
		return "", fmt.Errorf("%s: TOML has no null", at.pointer())
	case text:
		return textTOML(n.text), nil
	case list:
	case object:
		open, shut = "{", "}"
	default:
		return n.text, nil
	}
	items := make([]string, len(n.members))
	for i := range n.members {
		item, err := inlineTOML(&n.members[i].value, &place{up: at, key: n.members[i].key, index: i, list: n.kind == list})
		if err != nil {
			return "", err
		}
		if n.kind == object {
			item = keyTOML(n.members[i].key) + " = " + item
		}
		items[i] = item
	}
	return open + strings.Join(items, ", ") + shut, nil
}

// textTOML writes a basic string, whose escapes are among those of JSON.
func textTOML(s string) string {
	return strings.ReplaceAll(string(appendText(nil, s)), "\x7f", `\u007f`)
}

// keyTOML writes a key, without quotes where it needs none.
func keyTOML(key string) string {
	if key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == "" {
		return key
	}
	return textTOML(key)
}
