// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"slices"
)

// draft is a value while a patch is applied. It is as it was written until
// something below it is looked up; then it is opened, which costs what it has
// members, once. From there on a member is found, added, replaced and removed
// without a look at the others. Nodes are shared with documents and never
// changed.
type draft struct {
	written Node // its members mean nothing once the draft is open
	depth   int  // how many lists and objects are nested in it, as of depthOf
	open    *opened
}

// opened are the members of a list or an object, as drafts.
type opened struct {
	fields fields
	row    row
	depths [MaxDepth + 1]int // how many members have which depth
}

func newDraft(n Node) *draft { return &draft{written: n, depth: Depth(&n)} }

func (d *draft) kind() Kind { return d.written.Kind }

// members opens a list or an object.
func (d *draft) members() *opened {
	if d.open != nil {
		return d.open
	}
	o := &opened{}
	members := d.written.Members()
	d.written.SetMembers(nil)
	drafts := make([]draft, len(members))
	all := make([]*draft, len(members))
	for i := range members {
		drafts[i] = draft{written: members[i].Value, depth: Depth(&members[i].Value)}
		all[i] = &drafts[i]
		o.depths[drafts[i].depth]++
	}
	if d.kind() == List {
		o.row = newRow(all)
	} else {
		o.fields = newFields(members, all)
	}
	d.open = o
	return o
}

// length is how many members there are.
func (d *draft) length() int {
	switch {
	case d.open == nil:
		return d.written.Len()
	case d.kind() == List:
		return d.open.row.length
	}
	return len(d.open.fields.index)
}

// child is the member that a token names. The error is [ErrNotFound], or says
// that there can be none.
func (d *draft) child(token string) (*draft, error) {
	switch d.kind() {
	case Object:
		if c := d.members().fields.get(token); c != nil {
			return c, nil
		}
		return nil, ErrNotFound
	case List:
		o := d.members()
		i, err := ListIndex(token, o.row.length)
		if err == nil && i == o.row.length {
			err = ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		return o.row.get(i), nil
	default:
		return nil, NothingBelow(d.kind())
	}
}

// add puts a member where a token says: of an object it takes the place of one
// that is there, in a list it comes before it (RFC 6902 section 4.1).
func (d *draft) add(token string, value *draft) error {
	switch d.kind() {
	case Object:
		o := d.members()
		if was := o.fields.set(token, value); was != nil {
			o.depths[was.depth]--
		}
		o.depths[value.depth]++
		return nil
	case List:
		o := d.members()
		i, err := ListIndex(token, o.row.length)
		if err != nil {
			return err
		}
		o.row.insert(i, value)
		o.depths[value.depth]++
		return nil
	default:
		return NothingBelow(d.kind())
	}
}

// replace puts a value in the place of a member that is there.
func (d *draft) replace(token string, value *draft) error {
	was, err := d.child(token)
	if err != nil {
		return err
	}
	d.open.depths[was.depth]--
	d.open.depths[value.depth]++
	*was = *value
	return nil
}

// remove takes a member out.
func (d *draft) remove(token string) error {
	was, err := d.child(token)
	if err != nil {
		return err
	}
	o := d.open
	o.depths[was.depth]--
	if d.kind() == Object {
		o.fields.remove(token)
		return nil
	}
	i, err := ListIndex(token, o.row.length)
	if err != nil {
		return err
	}
	o.row.remove(i)
	return nil
}

// measure is the depth of an open draft.
func (d *draft) measure() int {
	if d.length() == 0 {
		return 0
	}
	for depth := MaxDepth; depth > 0; depth-- {
		if d.open.depths[depth] > 0 {
			return depth + 1
		}
	}
	return 1
}

// settle brings the depths on the way to an edit up to date: from the value
// whose members have changed up to the root.
func settle(way []*draft) {
	for i, d := range slices.Backward(way) {
		was, now := d.depth, d.measure()
		if was == now {
			return
		}
		d.depth = now
		if i > 0 {
			above := way[i-1].open
			above.depths[was]--
			above.depths[now]++
		}
	}
}

// node is the value that the draft has become.
func (d *draft) node() Node {
	if d.open == nil {
		return d.written
	}
	n := d.written
	n.SetMembers(make([]Member, 0, d.length()))
	if d.kind() == List {
		for e := range d.open.row.all() {
			n.Append(Member{Value: e.node()})
		}
		return n
	}
	for _, f := range d.open.fields.slots {
		if f.value != nil {
			n.Append(Member{Key: f.key, KeyAt: f.keyAt, Value: f.value.node()})
		}
	}
	return n
}

// count is how many values there are in the draft, itself among them.
func (d *draft) count() int {
	if d.open == nil {
		return Count(&d.written)
	}
	count := 1
	for e := range d.open.row.all() {
		count += e.count()
	}
	for _, f := range d.open.fields.slots {
		if f.value != nil {
			count += f.value.count()
		}
	}
	return count
}

// equals is the equality of RFC 6902 section 4.6. It costs what the other value
// has members.
func (d *draft) equals(other *Node) bool {
	if d.open == nil {
		return Equal(&d.written, other)
	}
	if d.kind() != other.Kind || d.length() != other.Len() {
		return false
	}
	if d.kind() == List {
		i := 0
		for e := range d.open.row.all() {
			if !e.equals(&other.Member(i).Value) {
				return false
			}
			i++
		}
		return true
	}
	for i := range other.Len() {
		m := other.Member(i)
		if mine := d.open.fields.get(m.Key); mine == nil || !mine.equals(&m.Value) {
			return false
		}
	}
	return true
}
