// SPDX-License-Identifier: Apache-2.0

package text

import "kresd-manager/internal/config/tree"

// Ten thousand forwards are ten thousand items of one shape:
//
//	- subtree: corp.example
//	  servers: [192.0.2.1, 192.0.2.2]
//
// A run of them is folded as a run of lines is, into one item
//
//	- kresd-fold-0: 0
//
// The last item stays: what follows may be more of it.

// itemStart is the offset of the dash of a line that starts an item, and of what comes
// after it; -1 if the line starts none.
func itemStart(line string) (dash, after int) {
	dash = blanks(line, 0)
	if dash+1 >= len(line) || line[dash] != '-' || line[dash+1] != ' ' {
		return -1, -1
	}
	return dash, blanks(line, dash+1)
}

// itemsFrom finds the items from src[off] on whose lines are all entries of the plainest
// kind: the column of their dashes, how many they are, and the offset after them.
func itemsFrom(src string, off int) (column, count, end int) {
	end = off
	starts, key := -1, uint32(0)
	for off < len(src) {
		line := src[off:LineEnd(src, off)]
		dash, at := itemStart(line)
		switch {
		case dash >= 0 && (starts < 0 || dash == starts):
			if starts >= 0 {
				count++
			}
			starts, end = dash, off
		case starts < 0:
			return 0, 0, end
		default:
			dash, at = -1, blanks(line, 0)
		}
		e, lines, after := itemEntry(src, off, at)
		if lines == 0 || dash < 0 && e.keyColumn != key {
			break
		}
		key, off = e.keyColumn, after
	}
	return starts + 1, count, end
}

// itemEntry reads the entry whose key is at a place of the line at src[off], and returns how
// many lines it has, 0 if it is not plain, and the offset after them. One without a value
// has a list below it, a plain word in each line:
//
//	servers:
//	  - 192.0.2.1
//
// It starts where the value of the entry says.
func itemEntry(src string, off, at int) (e entry, lines, after int) {
	after = LineEnd(src, off)
	line := src[off:after]
	if e, ok := splitEntryAt(line, at, ':'); ok {
		return e, 1, after
	}
	e, i, ok := splitKey(line, at, ':')
	if !ok || !ends(line, i) {
		return e, 0, after
	}
	first := after
	for lines = 1; after < len(src); lines++ {
		next := LineEnd(src, after)
		line := src[after:next]
		dash, at := itemStart(line)
		if dash < at0(e) || lines > 1 && uint32(dash+1) != e.valueColumn {
			break
		}
		if i := plainItem(line, at, ':'); i < 0 || !ends(line, i) {
			break
		}
		e.valueColumn = uint32(dash + 1)
		after = next
	}
	if lines == 1 {
		return e, 0, after
	}
	e.value = src[first:after]
	return e, lines, after
}

// at0 is the offset of the key in its line: a list may be as far to the left.
func at0(e entry) int { return int(e.keyColumn) - 1 }

// itemMember is what an entry of an item stands for, in a line of that number.
func (e entry) itemMember(line uint32, lines int) (m tree.Member, ok bool) {
	if lines == 1 {
		return e.member(line, ':', foldedYAMLScalar)
	}
	if k, ok := foldedYAMLScalar(e.key, e.keyQuoted); !ok || k.Kind != tree.Text {
		return m, false
	}
	m.Key, m.KeyAt = e.key, tree.Position{Line: line, Column: e.keyColumn}
	m.Value.Kind, m.Value.At = tree.List, tree.Position{Line: line + 1, Column: e.valueColumn}
	m.Value.Members = make([]tree.Member, lines-1)
	off := 0
	for i := range m.Value.Members {
		end := LineEnd(e.value, off)
		text := e.value[off:end]
		off = end
		_, at := itemStart(text)
		word := text[at:plainItem(text, at, ':')]
		if !unfoldValue(&m.Value.Members[i].Value, word, tree.Position{Line: line + 1 + uint32(i), Column: uint32(at + 1)}, foldedYAMLScalar) {
			return m, false
		}
	}
	return m, true
}

// unfoldItems gives the items that the lines of a run stand for, and how many values are in
// them. It is false if one of them needs the parser.
func (r *run) unfoldItems() (items []tree.Member, nodes int, ok bool) {
	items = make([]tree.Member, 0, r.count)
	line := uint32(r.first)
	for off := 0; off < len(r.lines); {
		text := r.lines[off:LineEnd(r.lines, off)]
		dash, at := itemStart(text)
		if dash < 0 {
			at = blanks(text, 0)
		}
		e, lines, after := itemEntry(r.lines, off, at)
		m, ok := e.itemMember(line, lines)
		if !ok {
			return nil, 0, false
		}
		if dash >= 0 {
			items = append(items, tree.Member{Value: tree.Node{Kind: tree.Object, At: m.KeyAt, Members: make([]tree.Member, 0, 2)}})
			nodes++
		}
		item := &items[len(items)-1].Value
		item.Members = append(item.Members, m)
		nodes += 1 + len(m.Value.Members)
		off, line = after, line+uint32(lines)
	}
	return items, nodes, true
}
