// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"hash/maphash"
	"slices"
)

// Align pairs the elements of two lists that stay the same: indices in both,
// ascending in both. What it leaves over is as little as is found quickly.
//
// It is the patience diff: elements that occur once on both sides are paired
// along the longest common order, then the same between the pairs. A short
// stretch without such elements is done exactly.
func Align(from, to *Node) [][2]int32 {
	a := aligner{from: ranks(from), to: ranks(to), pairs: make([][2]int32, 0, min(from.Len(), to.Len()))}
	a.stretch(0, len(a.from), 0, len(a.to), 0)
	return a.pairs
}

type aligner struct {
	from, to []uint64
	pairs    [][2]int32 // MaxNodes fits
}

func pairOf(i, j int) [2]int32 { return [2]int32{int32(i), int32(j)} }

var rankSeed = maphash.MakeSeed()

// ranks are hashes of the elements: equal for equal elements.
func ranks(n *Node) []uint64 {
	r := make([]uint64, n.Len())
	var b []byte
	for i, m := range n.All() {
		b = AppendCanonical(b[:0], &m.Value)
		r[i] = maphash.Bytes(rankSeed, b)
	}
	return r
}

// maxExact is how many comparisons an exact stretch may take.
const maxExact = 1 << 16

func (a *aligner) stretch(i, endI, j, endJ, depth int) {
	for i < endI && j < endJ && a.from[i] == a.to[j] {
		a.pairs = append(a.pairs, pairOf(i, j))
		i, j = i+1, j+1
	}
	tail := 0
	for i < endI-tail && j < endJ-tail && a.from[endI-tail-1] == a.to[endJ-tail-1] {
		tail++
	}
	endI, endJ = endI-tail, endJ-tail
	switch {
	case i == endI || j == endJ:
	case (endI-i)*(endJ-j) <= maxExact:
		a.exact(i, endI, j, endJ)
	case depth < 8:
		anchors := a.anchors(i, endI, j, endJ)
		for _, p := range anchors {
			a.stretch(i, p[0], j, p[1], depth+1)
			a.pairs = append(a.pairs, pairOf(p[0], p[1]))
			i, j = p[0]+1, p[1]+1
		}
		if len(anchors) > 0 {
			a.stretch(i, endI, j, endJ, depth+1)
		}
	}
	for k := range tail {
		a.pairs = append(a.pairs, pairOf(endI+k, endJ+k))
	}
}

// anchors are the elements that occur once on both sides, as far as they are in
// the same order.
func (a *aligner) anchors(i, endI, j, endJ int) [][2]int {
	type count struct{ from, to, i int }
	counts := make(map[uint64]count, endI-i)
	for k := i; k < endI; k++ {
		c := counts[a.from[k]]
		c.from, c.i = c.from+1, k
		counts[a.from[k]] = c
	}
	for k := j; k < endJ; k++ {
		if c, ok := counts[a.to[k]]; ok {
			c.to++
			counts[a.to[k]] = c
		}
	}
	var once [][2]int // ascending in the second
	for k := j; k < endJ; k++ {
		if c := counts[a.to[k]]; c.from == 1 && c.to == 1 {
			once = append(once, [2]int{c.i, k})
		}
	}
	return longestAscending(once)
}

// longestAscending keeps the most pairs that ascend in their first index too.
func longestAscending(pairs [][2]int) [][2]int {
	var tops []int // pair at the end of the best run of each length
	before := make([]int, len(pairs))
	for k, p := range pairs {
		at, _ := slices.BinarySearchFunc(tops, p[0], func(t, i int) int { return pairs[t][0] - i })
		before[k] = -1
		if at > 0 {
			before[k] = tops[at-1]
		}
		if at == len(tops) {
			tops = append(tops, k)
		} else {
			tops[at] = k
		}
	}
	run := make([][2]int, len(tops))
	if len(tops) > 0 {
		for k, n := tops[len(tops)-1], len(tops)-1; k >= 0; k, n = before[k], n-1 {
			run[n] = pairs[k]
		}
	}
	return run
}

// exact pairs a longest common subsequence.
func (a *aligner) exact(i, endI, j, endJ int) {
	width := endJ - j + 1
	best := make([]uint32, (endI-i+1)*width) // of what is left from a place on
	at := func(y, x int) *uint32 { return &best[(y-i)*width+x-j] }
	for y := endI - 1; y >= i; y-- {
		for x := endJ - 1; x >= j; x-- {
			if a.from[y] == a.to[x] {
				*at(y, x) = *at(y+1, x+1) + 1
			} else {
				*at(y, x) = max(*at(y+1, x), *at(y, x+1))
			}
		}
	}
	for i < endI && j < endJ {
		switch {
		case a.from[i] == a.to[j]:
			a.pairs = append(a.pairs, pairOf(i, j))
			i, j = i+1, j+1
		case *at(i+1, j) >= *at(i, j+1):
			i++
		default:
			j++
		}
	}
}
