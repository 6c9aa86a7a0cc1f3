// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"iter"
	"slices"
)

// fields are the members of an object, in the order written and found by key.
type fields struct {
	index map[string]int // of the slots in use
	slots []field
}

// field is a member; one that was removed has no value.
type field struct {
	key   string
	keyAt Position
	value *draft
}

func newFields(members []Member, values []*draft) fields {
	f := fields{index: make(map[string]int, len(members)), slots: make([]field, len(members))}
	for i := range members {
		f.slots[i] = field{members[i].Key, members[i].KeyAt, values[i]}
		f.index[members[i].Key] = i
	}
	return f
}

// get is the value of a key, nil if there is none.
func (f *fields) get(key string) *draft {
	if i, ok := f.index[key]; ok {
		return f.slots[i].value
	}
	return nil
}

// set gives a key another value, or adds it at the end. It returns the value
// that was there before, nil if none was.
func (f *fields) set(key string, value *draft) *draft {
	if i, ok := f.index[key]; ok {
		was := f.slots[i].value
		f.slots[i].value = value
		return was
	}
	f.index[key] = len(f.slots)
	f.slots = append(f.slots, field{key: key, value: value})
	return nil
}

// remove leaves a slot without value, so that no other has to move, until most
// are.
func (f *fields) remove(key string) {
	f.slots[f.index[key]] = field{}
	delete(f.index, key)
	if len(f.slots) < 2*len(f.index)+16 {
		return
	}
	f.slots = slices.DeleteFunc(f.slots, func(s field) bool { return s.value == nil })
	for i := range f.slots {
		f.index[f.slots[i].key] = i
	}
}

// row are the elements of a list, in blocks: to insert or remove one moves the
// rest of its block and not the rest of the list.
type row struct {
	blocks [][]*draft // none is empty
	length int
}

// rowBlock is how many elements a block has at first; it is split at twice that.
const rowBlock = 512

func newRow(values []*draft) row {
	r := row{length: len(values)}
	for block := range slices.Chunk(values, rowBlock) {
		r.blocks = append(r.blocks, slices.Clip(block))
	}
	return r
}

// find is the block of an index and the place in it. The index after the last
// one is the place after the last block's elements.
func (r *row) find(i int) (block, at int) {
	for block = range r.blocks {
		if n := len(r.blocks[block]); i < n || block == len(r.blocks)-1 {
			break
		}
		i -= len(r.blocks[block])
	}
	return block, i
}

func (r *row) get(i int) *draft {
	block, at := r.find(i)
	return r.blocks[block][at]
}

func (r *row) insert(i int, value *draft) {
	if r.length++; len(r.blocks) == 0 {
		r.blocks = [][]*draft{{value}}
		return
	}
	block, at := r.find(i)
	b := slices.Insert(r.blocks[block], at, value)
	r.blocks[block] = b
	if len(b) >= 2*rowBlock {
		r.blocks[block] = slices.Clip(b[:rowBlock])
		r.blocks = slices.Insert(r.blocks, block+1, slices.Clone(b[rowBlock:]))
	}
}

func (r *row) remove(i int) {
	block, at := r.find(i)
	r.length--
	if r.blocks[block] = slices.Delete(r.blocks[block], at, at+1); len(r.blocks[block]) == 0 {
		r.blocks = slices.Delete(r.blocks, block, block+1)
	}
}

func (r *row) all() iter.Seq[*draft] {
	return func(yield func(*draft) bool) {
		for _, b := range r.blocks {
			for _, d := range b {
				if !yield(d) {
					return
				}
			}
		}
	}
}
