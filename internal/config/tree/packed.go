// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"iter"
	"slices"
	"sort"
)

// Part is a stretch of the members of one value, in a form that takes less room than
// members do. It never changes, and is safe for concurrent use.
type Part interface {
	// Len is how many members there are, at least one.
	Len() int
	// Values is how many values there are in all of them.
	Values() int
	// Key is the key of a member.
	Key(i int) string
	// Read makes the members from the one with an index on, as many as dst has room for and
	// there are, and returns how many. What dst has from an earlier Read of any part is
	// overwritten, with all below it, see [Node.Room].
	Read(from int, dst []Member) int
}

// plain is a Part of members as they are.
type plain []Member

func (p plain) Len() int { return len(p) }

func (p plain) Values() (n int) {
	for i := range p {
		n += Count(&p[i].Value)
	}
	return n
}

func (p plain) Key(i int) string { return p[i].Key }

func (p plain) Read(from int, dst []Member) int { return copy(dst, p[from:]) }

// packed are all members of a value that has very many.
type packed struct {
	parts []Part
	first []int // index of the first member of each part
	len   int
}

// Pack adds a part behind the members of a value that is being made.
func (n *Node) Pack(p Part) {
	if n.packed == nil {
		n.packed = &packed{}
		if len(n.members) > 0 {
			n.packed.add(plain(n.members))
		}
		n.members = nil
	}
	n.packed.add(p)
}

func (p *packed) add(part Part) {
	p.parts, p.first = append(p.parts, part), append(p.first, p.len)
	p.len += part.Len()
}

// append adds members as they are.
func (p *packed) append(members []Member) {
	last := len(p.parts) - 1
	if have, ok := p.parts[last].(plain); ok {
		p.parts[last] = append(have, members...)
		p.len += len(members)
		return
	}
	p.add(plain(slices.Clone(members)))
}

// find is the part that a member is in, and its index there.
func (p *packed) find(i int) (part Part, inside int) {
	k := sort.SearchInts(p.first, i+1) - 1
	return p.parts[k], i - p.first[k]
}

// members makes all of them.
func (p *packed) members() []Member {
	all := make([]Member, p.len)
	for i, part := range p.parts {
		part.Read(0, all[p.first[i]:][:part.Len()])
	}
	return all
}

func (p *packed) values() (n int) {
	for _, part := range p.parts {
		n += part.Values()
	}
	return n
}

// Len is how many members a value has.
func (n *Node) Len() int {
	if n.packed != nil {
		return n.packed.len
	}
	return len(n.members)
}

// Members are those of an object in the order written, or the elements of a list, whose
// keys are empty. The caller must not change them. Of a value with very many members all are
// made at each call: All, Member and Key take less room.
func (n *Node) Members() []Member {
	if n.packed != nil {
		return n.packed.members()
	}
	return n.members
}

// SetMembers gives a value that is being made other members, which it keeps.
func (n *Node) SetMembers(members []Member) { n.members, n.packed = members, nil }

// Share gives a value that is being made the members of another.
func (n *Node) Share(other *Node) { n.members, n.packed = other.members, other.packed }

// Append adds members to a value that is being made.
func (n *Node) Append(members ...Member) {
	if n.packed != nil {
		n.packed.append(members)
		return
	}
	n.members = append(n.members, members...)
}

// Room gives a value that is being made so many members: those that it has, which must be its
// own, and what else there is room for, to be overwritten.
func (n *Node) Room(count int) []Member {
	n.packed = nil
	if count > cap(n.members) {
		more := make([]Member, count)
		copy(more, n.members[:cap(n.members)])
		n.members = more
	}
	n.members = n.members[:count]
	return n.members
}

// Of is a list or an object with members, which it keeps.
func Of(kind Kind, members ...Member) Node { return Node{Kind: kind, members: members} }

// Member is the member with an index. It must not be changed.
func (n *Node) Member(i int) *Member {
	if n.packed == nil {
		return &n.members[i]
	}
	c := n.From(i)
	return c.at(i, 1)
}

// Key is the key of the member with an index.
func (n *Node) Key(i int) string {
	if n.packed == nil {
		return n.members[i].Key
	}
	part, inside := n.packed.find(i)
	return part.Key(inside)
}

// All goes through the members in their order. None is to be changed, or to be used after
// the step that it is given for; texts may be kept.
func (n *Node) All() iter.Seq2[int, *Member] {
	return func(yield func(int, *Member) bool) {
		c := n.From(0)
		for i := range n.Len() {
			if !yield(i, c.Next()) {
				return
			}
		}
	}
}

// Cursor goes through the members of a value in their order.
type Cursor struct {
	n      *Node
	next   int
	window []Member // some members of a part that makes them
	start  int      // index of the first of them
}

// windowLen is how many members are made at once.
const windowLen = 32

// From is a cursor in front of a member.
func (n *Node) From(i int) Cursor { return Cursor{n: n, next: i} }

// Next is the next member, nil after the last. It must not be changed, nor be used after
// the next call; texts may be kept.
func (c *Cursor) Next() *Member {
	i := c.next
	if i >= c.n.Len() {
		return nil
	}
	c.next++
	return c.at(i, windowLen)
}

// at is the member with an index, until the next call. Where it has to be made, so many are
// made at once at the most.
func (c *Cursor) at(i, most int) *Member {
	if c.n.packed == nil {
		return &c.n.members[i]
	}
	if c.start <= i && i < c.start+len(c.window) {
		return &c.window[i-c.start]
	}
	part, inside := c.n.packed.find(i)
	if p, ok := part.(plain); ok {
		return &p[inside]
	}
	if c.window == nil {
		c.window = make([]Member, min(most, part.Len()-inside))
	}
	c.window = c.window[:min(cap(c.window), most)]
	c.start, c.window = i, c.window[:part.Read(inside, c.window)]
	return &c.window[0]
}
