// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
)

// draft is a value while a patch is applied. It is as it was written until
// something below it is looked up; then it is opened, which costs what it has
// members, once. From there on a member is found, added, replaced and removed
// without a look at the others. Nodes are shared with documents and never
// changed.
type draft struct {
	written node // its members mean nothing once the draft is open
	depth   int  // how many lists and objects are nested in it, as of depthOf
	open    *opened
}

// opened are the members of a list or an object, as drafts.
type opened struct {
	fields fields
	row    row
	depths [maxDepth + 1]int // how many members have which depth
}

func newDraft(n node) *draft { return &draft{written: n, depth: depthOf(&n)} }

func (d *draft) kind() kind { return d.written.kind }

// members opens a list or an object.
func (d *draft) members() *opened {
	if d.open != nil {
		return d.open
	}
	o := &opened{}
	members := d.written.members
	d.written.members = nil
	drafts := make([]draft, len(members))
	all := make([]*draft, len(members))
	for i := range members {
		drafts[i] = draft{written: members[i].value, depth: depthOf(&members[i].value)}
		all[i] = &drafts[i]
		o.depths[drafts[i].depth]++
	}
	if d.kind() == list {
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
		return len(d.written.members)
	case d.kind() == list:
		return d.open.row.length
	}
	return len(d.open.fields.index)
}

// child is the member that a token names. The error is [ErrNotFound], or says
// that there can be none.
func (d *draft) child(token string) (*draft, error) {
	switch d.kind() {
	case object:
		if c := d.members().fields.get(token); c != nil {
			return c, nil
		}
		return nil, ErrNotFound
	case list:
		o := d.members()
		i, err := listIndex(token, o.row.length)
		if err == nil && i == o.row.length {
			err = ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		return o.row.get(i), nil
	default:
		return nil, nothingBelow(d.kind())
	}
}

// add puts a member where a token says: of an object it takes the place of one
// that is there, in a list it comes before it (RFC 6902 section 4.1).
func (d *draft) add(token string, value *draft) error {
	switch d.kind() {
	case object:
		o := d.members()
		if was := o.fields.set(token, value); was != nil {
			o.depths[was.depth]--
		}
		o.depths[value.depth]++
		return nil
	case list:
		o := d.members()
		i, err := listIndex(token, o.row.length)
		if err != nil {
			return err
		}
		o.row.insert(i, value)
		o.depths[value.depth]++
		return nil
	default:
		return nothingBelow(d.kind())
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
	if d.kind() == object {
		o.fields.remove(token)
		return nil
	}
	i, err := listIndex(token, o.row.length)
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
	for depth := maxDepth; depth > 0; depth-- {
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
func (d *draft) node() node {
	if d.open == nil {
		return d.written
	}
	n := d.written
	n.members = make([]member, 0, d.length())
	if d.kind() == list {
		for e := range d.open.row.all() {
			n.members = append(n.members, member{value: e.node()})
		}
		return n
	}
	for _, f := range d.open.fields.slots {
		if f.value != nil {
			n.members = append(n.members, member{key: f.key, keyAt: f.keyAt, value: f.value.node()})
		}
	}
	return n
}

// count is how many values there are in the draft, itself among them.
func (d *draft) count() int {
	if d.open == nil {
		return countNodes(&d.written)
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
func (d *draft) equals(other *node) bool {
	if d.open == nil {
		return equal(&d.written, other)
	}
	if d.kind() != other.kind || d.length() != len(other.members) {
		return false
	}
	if d.kind() == list {
		i := 0
		for e := range d.open.row.all() {
			if !e.equals(&other.members[i].value) {
				return false
			}
			i++
		}
		return true
	}
	for i := range other.members {
		m := &other.members[i]
		if mine := d.open.fields.get(m.key); mine == nil || !mine.equals(&m.value) {
			return false
		}
	}
	return true
}

func nothingBelow(k kind) error {
	return fmt.Errorf("there is nothing below %s", k.words()) // not the value, which may be secret
}
