// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"hash/maphash"
	"math/bits"
	"slices"
)

// atOnce is about how many hashes are compared at once: a table of them is small enough for the
// cache of a processor.
const atOnce = 1 << 12

// doubtful reports whether keys of an object may be the same: two have the same hash. One
// table of a million keys would be looked at in places all over the memory, which takes ten
// times as long for each key as a small one does.
func (n *Node) doubtful() bool {
	hashes, seed := make([]uint64, 0, n.Len()), maphash.MakeSeed()
	for _, m := range n.All() {
		hashes = append(hashes, maphash.String(seed, m.Key))
	}
	shift := 64 - bits.Len(uint(len(hashes)/atOnce))
	ends := make([]int, 1<<(64-shift)) // of those with the same first bits
	for _, h := range hashes {
		ends[h>>shift]++
	}
	most := slices.Max(ends)
	for i := range ends[1:] {
		ends[i+1] += ends[i]
	}
	sorted, to := make([]uint64, len(hashes)), slices.Clone(ends)
	for _, h := range hashes {
		to[h>>shift]--
		sorted[to[h>>shift]] = h
	}
	table := make([]uint64, 1<<bits.Len(uint(2*most)))
	from := 0
	for _, end := range ends {
		if repeats(sorted[from:end], table) {
			return true
		}
		from = end
	}
	return false
}

// repeats reports whether one of these occurs twice, or is 0. The table is room for them.
func repeats(hashes, table []uint64) bool {
	clear(table)
	for _, h := range hashes {
		at := int(h) & (len(table) - 1)
		for ; table[at] != 0; at = (at + 1) & (len(table) - 1) {
			if table[at] == h {
				return true
			}
		}
		if table[at] = h; h == 0 { // a free place
			return true
		}
	}
	return false
}
