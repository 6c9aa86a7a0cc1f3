// SPDX-License-Identifier: Apache-2.0

package text

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
		if lines == 0 || dash < 0 && e.keyColumn != key || after-end > 4*maxPlain {
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
