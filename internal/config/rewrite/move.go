// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"slices"
	"strings"

	"kresd-manager/internal/config/tree"
)

// Move means that a value has another key or another place in the new tree, by
// the pointers (RFC 6901) to it in both.
type Move struct{ Old, New string }

// Migrate is [Edit] for a key that is renamed, moved or removed because of what it
// means: the comment right above it goes where it goes, and so do the layout and the
// comments in it. New keys of a section stand where the new tree has them.
func Migrate(source []byte, from, to *tree.Node, move Move) ([]byte, error) {
	return editText(source, from, to, &migration{move: move})
}

// migration is what [Migrate] knows of an edit; nil is any other.
type migration struct {
	move    Move
	old     *part        // of the value that moves, if it is on lines of its own
	column  int          // of its key
	was     *tree.Member // in the old tree
	is      *tree.Member // in the new one
	renamed bool         // in the object in which it was
}

// find looks up what moves, in the old text and both trees.
func (m *migration) find(layout *region, from, to *tree.Node) {
	if m.move.Old == "" {
		return
	}
	old, err := tree.SplitPointer(m.move.Old)
	if err != nil {
		return
	}
	moved, err := tree.SplitPointer(m.move.New)
	if err != nil {
		return
	}
	m.is = memberAt(to, moved)
	last := len(old) - 1
	m.renamed = len(moved) == len(old) && slices.Equal(moved[:last], old[:last])
	for depth, key := range old {
		i, err := tree.Step(from, key)
		if err != nil || i >= from.Len() || len(layout.parts) != from.Len() {
			return
		}
		if depth == last {
			m.was = from.Member(i)
			if layout.form == blockObject {
				m.old, m.column = &layout.parts[i], layout.column
			}
			return
		}
		layout, from = &layout.parts[i].value, &from.Member(i).Value
	}
}

// memberAt is the member of a tree that tokens lead to, nil if there is none.
func memberAt(n *tree.Node, tokens []string) (m *tree.Member) {
	for _, key := range tokens {
		i, err := tree.Step(n, key)
		if err != nil || i >= n.Len() {
			return nil
		}
		m = n.Member(i)
		n = &m.Value
	}
	return m
}

// isRenamed says that a member of the old tree has another key in the same object.
func (m *migration) isRenamed(was *tree.Member) bool {
	return m != nil && m.renamed && m.is != nil && m.was == was
}

// carried is the text of the value that moves, from the comment above it on, for
// a column; the first line begins there.
func (e *editor) carried(m *tree.Member, column int) (string, bool) {
	if e.migration == nil || e.migration.old == nil || e.migration.is != m {
		return "", false
	}
	old := e.migration.old
	start := e.above(old.start)
	stop := e.lineStop(max(old.value.end, old.after))
	before, alone := e.ownLine(old.start)
	if !alone { // after the dash of a list
		start = old.start
	}
	src := e.src[start:old.start] + e.Key(m.Key, false) + e.src[old.after-1:stop]
	var b strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(src, "\r\n", "\n")) {
		if b.Len() > 0 && strings.TrimSpace(line) != "" {
			indent := len(line) - len(strings.TrimLeft(line, " "))
			line = strings.Repeat(" ", max(indent-before+column, 0)) + line[indent:]
		} else if b.Len() == 0 {
			line = strings.TrimLeft(line, " ")
		}
		b.WriteString(line)
	}
	return b.String(), true
}

// above is where the comment begins that stands right above what starts at an
// offset, in lines of its own and in the same column; without one it is the offset.
func (e *editor) above(off int) int {
	column, alone := e.ownLine(off)
	if e.migration == nil || !alone {
		return off
	}
	for start := off - column; start > 0; {
		start = strings.LastIndexByte(e.src[:start-1], '\n') + 1
		line := e.src[start:]
		if indent := len(line) - len(strings.TrimLeft(line, " ")); indent != column || line[indent] != '#' {
			break
		}
		off = start + column
	}
	return off
}
