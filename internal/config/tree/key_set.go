// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"hash/maphash"
	"math/bits"
)

// keySet knows which keys an object has, and where: an index of 4 bytes and a byte of a
// hash in a table with free places, where a map takes 40 bytes and more for each key.
type keySet struct {
	n     *Node
	seed  maphash.Seed
	slots []uint32 // index + 1; 0 is free
	tags  []uint8
}

// newKeySet is an empty set for so many keys of an object.
func newKeySet(n *Node, most int) *keySet {
	size := 1 << bits.Len(uint(most+most/3)) // at most three quarters are taken
	return &keySet{n: n, seed: maphash.MakeSeed(), slots: make([]uint32, size), tags: make([]uint8, size)}
}

// add puts the key of the member with an index into the set, unless it is there already:
// then it returns the index of the first.
func (s *keySet) add(i int, key string) (first int, again bool) {
	at, tag := s.place(key)
	if s.slots[at] != 0 {
		return int(s.slots[at]) - 1, true
	}
	s.slots[at], s.tags[at] = uint32(i)+1, tag
	return i, false
}

// put is add for one that takes the place of an earlier one.
func (s *keySet) put(i int, key string) {
	at, tag := s.place(key)
	s.slots[at], s.tags[at] = uint32(i)+1, tag
}

// find is where the key stands in the object.
func (s *keySet) find(key string) (int, bool) {
	at, _ := s.place(key)
	return int(s.slots[at]) - 1, s.slots[at] != 0
}

// place is the slot of a key, or the free one for it.
func (s *keySet) place(key string) (at int, tag uint8) {
	h := maphash.String(s.seed, key)
	tag, at = uint8(h>>56), int(h)&(len(s.slots)-1)
	for s.slots[at] != 0 && (s.tags[at] != tag || s.n.Key(int(s.slots[at])-1) != key) {
		at = (at + 1) & (len(s.slots) - 1)
	}
	return at, tag
}
