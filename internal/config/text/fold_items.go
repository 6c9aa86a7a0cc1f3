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
		next := LineEnd(src, off)
		line := src[off:next]
		dash, after := itemStart(line)
		switch {
		case dash >= 0 && (starts < 0 || dash == starts):
			if starts >= 0 {
				count++
			}
			starts, end = dash, off
		case starts < 0:
			return 0, 0, end
		default:
			after = blanks(line, 0)
		}
		e, ok := splitEntryAt(line, after, ':')
		if !ok || dash < 0 && e.keyColumn != key {
			break
		}
		key, off = e.keyColumn, next
	}
	return starts + 1, count, end
}

// unfoldItems gives the items that the lines of a run stand for, and how many values are in
// them. It is false if one of them needs the parser.
func (r *run) unfoldItems() (items []tree.Member, nodes int, ok bool) {
	items = make([]tree.Member, 0, r.count)
	line := uint32(r.first)
	for off := 0; off < len(r.lines); line++ {
		end := LineEnd(r.lines, off)
		text := r.lines[off:end]
		off = end
		_, at := itemStart(text)
		starts := at >= 0
		if !starts {
			at = blanks(text, 0)
		}
		e, _ := splitEntryAt(text, at, ':')
		m, ok := e.member(line, ':', foldedYAMLScalar)
		if !ok {
			return nil, 0, false
		}
		if starts {
			items = append(items, tree.Member{Value: tree.Node{Kind: tree.Object, At: m.KeyAt, Members: make([]tree.Member, 0, 2)}})
			nodes++
		}
		item := &items[len(items)-1].Value
		item.Members = append(item.Members, m)
		nodes += 1 + len(m.Value.Members)
	}
	return items, nodes, true
}
