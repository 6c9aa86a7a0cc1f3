// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
)

// Operations of a [Change], named as in RFC 6902.
const (
	OpAdd     = "add"
	OpRemove  = "remove"
	OpReplace = "replace"
)

// Change is one difference between two configurations.
type Change struct {
	Op string `json:"op"`
	// Pointer (RFC 6901) leads to the value in the configuration as the changes
	// before this one leave it: as in a patch, what stands in a list before an
	// index is already what it will be.
	Pointer string `json:"pointer"`
	// Old is absent for an added value, New for a removed one. Secrets are
	// [RedactedText], and a long text is cut and ends with "…".
	Old json.RawMessage `json:"old,omitempty"`
	New json.RawMessage `json:"new,omitempty"`
}

// Diff is what differs between two configurations, in the order of the new one.
type Diff struct {
	Changes []Change `json:"changes"`
	// More is how many changes there are beyond those listed.
	More int `json:"more,omitempty"`
}

// Empty says that nothing differs.
func (d Diff) Empty() bool { return len(d.Changes) == 0 && d.More == 0 }

// IsZero is Empty, for package json.
func (d Diff) IsZero() bool { return d.Empty() }

// First is the diff with at most so many changes listed.
func (d Diff) First(most int) Diff {
	if len(d.Changes) > most {
		d.More += len(d.Changes) - most
		d.Changes = d.Changes[:most]
	}
	return d
}

// MaxChanges is how many changes Difference lists by default.
const MaxChanges = 100

// Difference tells what turns one configuration into another, for people and
// for records: at most that many changes, 0 is [MaxChanges], and no secrets. The
// order of keys is no difference. In a list, what was inserted or removed is told
// apart from what only moved because of that.
func Difference(from, to *Document, most int) Diff {
	if most == 0 {
		most = MaxChanges
	}
	d := differ{most: most, cut: true}
	d.value(pair{&from.root, &from.Redacted().root}, pair{&to.root, &to.Redacted().root}, &place{})
	return d.Diff
}

// maxTogether is how many values an object or list may hold to be told as one
// change; a larger one is told in parts.
const maxTogether = 16

// differ collects changes.
type differ struct {
	Diff
	most int
	cut  bool // long texts are cut
}

// pair is a value and what may be shown of it, which has the same members
// except where it stands for a secret.
type pair struct{ is, shown *node }

// secret says that the value is not shown, nor what is in it.
func (p pair) secret() bool {
	return p.shown.kind == text && p.shown.text == RedactedText
}

func (p pair) member(i int) pair {
	return pair{&p.is.members[i].value, &p.shown.members[i].value}
}

func (d *differ) add(op string, at *place, from, to *node) {
	if len(d.Changes) >= d.most {
		d.More++
		return
	}
	c := Change{Op: op, Pointer: at.pointer()}
	if from != nil {
		c.Old = d.json(from)
	}
	if to != nil {
		c.New = d.json(to)
	}
	d.Changes = append(d.Changes, c)
}

// value notes how two values in the same place differ.
func (d *differ) value(from, to pair, at *place) {
	shown := !from.secret() && !to.secret()
	switch {
	case from.is.kind == object && to.is.kind == object && shown:
		if !shared(from.is, to.is) {
			d.object(from, to, at)
		}
	case same(from.is, to.is):
	case from.is.kind == list && to.is.kind == list && shown:
		d.list(from, to, at)
	default:
		d.replaced(from, to, at)
	}
}

// replaced tells that one value stands in place of another.
func (d *differ) replaced(from, to pair, at *place) {
	fromParts, toParts := d.inParts(from), d.inParts(to)
	switch {
	case fromParts:
		d.removed(from, at)
		d.added(to, at)
	case toParts:
		empty := node{kind: to.is.kind}
		d.add(OpReplace, at, from.shown, &empty)
		d.members(to, at)
	default:
		d.add(OpReplace, at, from.shown, to.shown)
	}
}

// object goes by the order of the new object; what was removed is told where
// it stood.
func (d *differ) object(from, to pair, at *place) {
	first, last := alignKeys(from.is, to.is)
	both := func(i, j int) {
		if old := &from.is.members[i].value; len(old.members) == 0 && same(old, &to.is.members[j].value) {
			return // most of them, without a place to be made
		}
		d.value(from.member(i), to.member(j), &place{up: at, key: to.is.members[j].key})
	}
	for i := range first {
		both(i, i)
	}
	endI, endJ := len(from.is.members)-last, len(to.is.members)-last
	d.shuffled(from, to, at, first, endI, endJ)
	for k := range last {
		both(endI+k, endJ+k)
	}
}

// alignKeys is how many keys two objects have in common at their beginning, and
// how many at their end: all but a few, after an edit.
func alignKeys(from, to *node) (first, last int) {
	n := min(len(from.members), len(to.members))
	for first < n && from.members[first].key == to.members[first].key {
		first++
	}
	for last < n-first && from.members[len(from.members)-last-1].key == to.members[len(to.members)-last-1].key {
		last++
	}
	return first, last
}

// shuffled is object for members from a first one on, whose keys differ.
func (d *differ) shuffled(from, to pair, at *place, first, endI, endJ int) {
	before := positions(&node{kind: object, members: from.is.members[first:endI]})
	after := positions(&node{kind: object, members: to.is.members[first:endJ]})
	removed := first // those up to here are told
	removeTo := func(end int) {
		for ; removed < end; removed++ {
			key := from.is.members[removed].key
			if _, stays := after(key); !stays {
				d.removed(from.member(removed), &place{up: at, key: key})
			}
		}
	}
	for j := first; j < endJ; j++ {
		key := to.is.members[j].key
		here := &place{up: at, key: key}
		i, was := before(key)
		if !was {
			d.added(to.member(j), here)
			continue
		}
		removeTo(first + i)
		d.value(from.member(first+i), to.member(j), here)
	}
	removeTo(endI)
}

// positions finds the members of an object by their keys.
func positions(n *node) func(key string) (int, bool) {
	if len(n.members) <= 16 {
		return func(key string) (int, bool) {
			i := n.index(key)
			return i, i >= 0
		}
	}
	where := make(map[string]int32, len(n.members))
	for i := range n.members {
		where[n.members[i].key] = int32(i)
	}
	return func(key string) (int, bool) {
		i, ok := where[key]
		return int(i), ok
	}
}

// list tells elements that were put in or taken out from those that stay.
func (d *differ) list(from, to pair, at *place) {
	i, j := 0, 0
	gap := func(endI, endJ int) {
		for i < endI && j < endJ {
			old, here := from.member(i), &place{up: at, index: j, list: true}
			if alike(old.is, to.member(j).is) {
				d.value(old, to.member(j), here)
			} else {
				d.replaced(old, to.member(j), here)
			}
			i, j = i+1, j+1
		}
		for ; i < endI; i++ {
			d.removed(from.member(i), &place{up: at, index: j, list: true})
		}
		for ; j < endJ; j++ {
			d.added(to.member(j), &place{up: at, index: j, list: true})
		}
	}
	for _, stays := range align(from.is.members, to.is.members) {
		gap(stays[0], stays[1])
		i, j = i+1, j+1
	}
	gap(len(from.is.members), len(to.is.members))
}

// alike says that of two elements one may have come from the other: it is worth
// telling what differs in them.
func alike(a, b *node) bool {
	if a.kind != object || b.kind != object {
		return false
	}
	for i := range a.members {
		if other := b.get(a.members[i].key); other != nil && same(&a.members[i].value, other) {
			return true
		}
	}
	return false
}

func (d *differ) added(v pair, at *place) {
	if !d.inParts(v) {
		d.add(OpAdd, at, nil, v.shown)
		return
	}
	empty := node{kind: v.is.kind}
	d.add(OpAdd, at, nil, &empty)
	d.members(v, at)
}

// members tells each member of a value that is there without them.
func (d *differ) members(v pair, at *place) {
	for i := range v.is.members {
		if v.is.kind == list {
			d.added(v.member(i), &place{up: at, index: i, list: true})
		} else {
			d.added(v.member(i), &place{up: at, key: v.is.members[i].key})
		}
	}
}

func (d *differ) removed(v pair, at *place) {
	if !d.inParts(v) {
		d.add(OpRemove, at, v.shown, nil)
		return
	}
	for i := range v.is.members {
		if v.is.kind == list {
			d.removed(v.member(i), &place{up: at, list: true})
		} else {
			d.removed(v.member(i), &place{up: at, key: v.is.members[i].key})
		}
	}
	empty := node{kind: v.is.kind}
	d.add(OpRemove, at, &empty, nil)
}

func (d *differ) inParts(v pair) bool {
	return !v.secret() && tooMany(v.is, new(int))
}

// tooMany stops counting as soon as it knows.
func tooMany(n *node, count *int) bool {
	if *count++; *count > maxTogether {
		return true
	}
	for i := range n.members {
		if tooMany(&n.members[i].value, count) {
			return true
		}
	}
	return false
}

// json is a value as a change shows it.
func (d *differ) json(n *node) json.RawMessage {
	if d.cut {
		cut := cutTexts(*n)
		n = &cut
	}
	return appendJSON(nil, n)
}

// maxChangeText is how many bytes of a text a change shows.
const maxChangeText = 256

func cutTexts(n node) node {
	if n.kind == text && len(n.text) > maxChangeText {
		n.text = cutText(n.text, maxChangeText)
		return n
	}
	n, _ = redactMembers(n, func(m *member) (node, bool) { return cutTexts(m.value), true })
	return n
}

// shared says that two values have the very same members: an edit shares what it
// leaves alone.
func shared(a, b *node) bool {
	return len(a.members) == len(b.members) && len(a.members) > 0 && &a.members[0] == &b.members[0]
}

// same is the equality of the ETag: the order of keys does not matter, and
// numbers are the same in every spelling but not across the types of numbers.
func same(a, b *node) bool {
	if a == b {
		return true
	}
	if a.kind != b.kind || len(a.members) != len(b.members) {
		return false
	}
	if shared(a, b) {
		return true
	}
	switch a.kind {
	case list:
		for i := range a.members {
			if !same(&a.members[i].value, &b.members[i].value) {
				return false
			}
		}
		return true
	case object:
		var find func(string) (int, bool)
		for i := range a.members {
			j, ok := i, true
			if a.members[i].key != b.members[i].key { // most often they are in the same order
				if find == nil {
					find = positions(b)
				}
				j, ok = find(a.members[i].key)
			}
			if !ok || !same(&a.members[i].value, &b.members[j].value) {
				return false
			}
		}
		return true
	case integer, float:
		return a.text == b.text || string(appendCanonical(nil, a)) == string(appendCanonical(nil, b))
	}
	return a.text == b.text
}
