// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"kresd-manager/internal/config/tree"
)

// String gives the changes as text, a line each, as in "~ /workers: 2 → 4"; +
// stands before what was added and - before what was removed. It is empty if
// nothing differs.
func (d Diff) String() string {
	var b strings.Builder
	for _, c := range d.Changes {
		b.WriteString(c.String())
		b.WriteByte('\n')
	}
	if d.More > 0 {
		b.WriteString("… and " + strconv.Itoa(d.More) + " more\n")
	}
	return b.String()
}

// Lines are the value that was and the one that is, each with its pointer; "" where there
// is none.
func (c Change) Lines() (removed, added string) {
	at := c.place()
	if c.Op != OpAdd {
		removed = at + ": " + lineOf(c.Old)
	}
	if c.Op != OpRemove {
		added = at + ": " + lineOf(c.New)
	}
	return removed, added
}

// place is the pointer for people.
func (c Change) place() string {
	switch at := c.Pointer; {
	case at == "":
		return "the whole configuration"
	case strings.ContainsFunc(at, func(r rune) bool { return !unicode.IsPrint(r) }):
		return strconv.Quote(at)
	default:
		return at
	}
}

// String is the change on one line.
func (c Change) String() string {
	at := c.place()
	switch c.Op {
	case OpAdd:
		return "+ " + at + ": " + lineOf(c.New)
	case OpRemove:
		return "- " + at + ": " + lineOf(c.Old)
	}
	return "~ " + at + ": " + lineOf(c.Old) + " → " + lineOf(c.New)
}

// lineOf is a value for people: a text without its quotes where it cannot be
// taken for anything else, and nothing of any length.
func lineOf(value json.RawMessage) string {
	var s string
	if len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &s) == nil && unmistakable(s) {
		return tree.CutText(s, 100)
	}
	line := []rune(tree.CutText(string(value), 200))
	for i, r := range line {
		if !unicode.IsPrint(r) { // as those that turn the direction of a line
			line[i] = '�'
		}
	}
	return string(line)
}

// unmistakable says that no one would take a text for a number, a list, …
func unmistakable(s string) bool {
	if s == "" || json.Valid([]byte(s)) || strings.ContainsAny(s[:1], "{[\"'") || s == "→" {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || !unicode.IsPrint(r) })
}
