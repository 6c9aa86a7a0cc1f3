// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"iter"

	"kresd-manager/internal/config/tree"
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

// Difference says what turns one configuration into another, for people and
// for records: at most that many changes, 0 is [MaxChanges], and no secrets. The
// order of keys is no difference. In a list, what was inserted or removed is told
// apart from what only moved because of that.
func Difference(from, to *Document, most int) Diff {
	if most == 0 {
		most = MaxChanges
	}
	d := differ{most: most, cut: true}
	d.value(pair{&from.root, &from.Redacted().root}, pair{&to.root, &to.Redacted().root}, &tree.Place{})
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
type pair struct{ is, shown *tree.Node }

// secret says that the value is not shown, nor what is in it.
func (p pair) secret() bool {
	return p.shown.Kind == tree.Text && p.shown.Text == RedactedText
}

func (p pair) member(i int) pair {
	is := &p.is.Member(i).Value
	if p.is == p.shown || tree.Shared(p.is, p.shown) {
		return pair{is, is}
	}
	return pair{is, &p.shown.Member(i).Value}
}

// all goes through the members. None is to be used after the step that it is given for.
func (p pair) all() iter.Seq2[int, pair] {
	return func(yield func(int, pair) bool) {
		is, shown := p.is.From(0), p.shown.From(0)
		same := p.is == p.shown || tree.Shared(p.is, p.shown)
		for i := range p.is.Len() {
			m := pair{is: &is.Next().Value}
			if m.shown = m.is; !same {
				m.shown = &shown.Next().Value
			}
			if !yield(i, m) {
				return
			}
		}
	}
}

func (d *differ) add(op string, at *tree.Place, from, to *tree.Node) {
	if len(d.Changes) >= d.most {
		d.More++
		return
	}
	c := Change{Op: op, Pointer: at.Pointer()}
	if from != nil {
		c.Old = d.json(from)
	}
	if to != nil {
		c.New = d.json(to)
	}
	d.Changes = append(d.Changes, c)
}

// value notes how two values in the same place differ.
func (d *differ) value(from, to pair, at *tree.Place) {
	shown := !from.secret() && !to.secret()
	switch {
	case from.is.Kind == tree.Object && to.is.Kind == tree.Object && shown:
		if !tree.Shared(from.is, to.is) {
			d.object(from, to, at)
		}
	case tree.Same(from.is, to.is):
	case from.is.Kind == tree.List && to.is.Kind == tree.List && shown:
		d.list(from, to, at)
	default:
		d.replaced(from, to, at)
	}
}

// replaced means that one value stands in place of another.
func (d *differ) replaced(from, to pair, at *tree.Place) {
	fromParts, toParts := d.inParts(from), d.inParts(to)
	switch {
	case fromParts:
		d.removed(from, at)
		d.added(to, at)
	case toParts:
		empty := tree.Node{Kind: to.is.Kind}
		d.add(OpReplace, at, from.shown, &empty)
		d.members(to, at)
	default:
		d.add(OpReplace, at, from.shown, to.shown)
	}
}

// object goes by the order of the new object; what was removed is told where
// it stood.
func (d *differ) object(from, to pair, at *tree.Place) {
	first, last := alignKeys(from.is, to.is)
	endI, endJ := from.is.Len()-last, to.is.Len()-last
	d.both(from, to, at, 0, 0, first)
	d.shuffled(from, to, at, first, endI, endJ)
	d.both(from, to, at, endI, endJ, last)
}

// both tells how n members differ that have the same keys.
func (d *differ) both(from, to pair, at *tree.Place, i, j, n int) {
	olds, news := from.is.From(i), to.is.From(j)
	for k := range n {
		old, now := olds.Next(), news.Next()
		if old.Value.Len() <= maxTogether && tree.Same(&old.Value, &now.Value) {
			continue // most of them, without a place to be made
		}
		d.value(from.member(i+k), to.member(j+k), &tree.Place{Up: at, Key: now.Key})
	}
}

// alignKeys is how many keys two objects have in common at their beginning, and
// how many at their end: all but a few, after an edit.
func alignKeys(from, to *tree.Node) (first, last int) {
	n := min(from.Len(), to.Len())
	olds, news := from.From(0), to.From(0)
	for first < n && olds.Next().Key == news.Next().Key {
		first++
	}
	for last < n-first && from.Key(from.Len()-last-1) == to.Key(to.Len()-last-1) {
		last++
	}
	return first, last
}

// shuffled is object for members from a first one on, whose keys differ.
func (d *differ) shuffled(from, to pair, at *tree.Place, first, endI, endJ int) {
	before := tree.KeyFinder(from.is, first, endI)
	after := tree.KeyFinder(to.is, first, endJ)
	removed := first // those up to here are told
	removeTo := func(end int) {
		for ; removed < end; removed++ {
			key := from.is.Key(removed)
			if _, stays := after(key); !stays {
				d.removed(from.member(removed), &tree.Place{Up: at, Key: key})
			}
		}
	}
	for j := first; j < endJ; j++ {
		key := to.is.Key(j)
		here := &tree.Place{Up: at, Key: key}
		i, was := before(key)
		if !was {
			d.added(to.member(j), here)
			continue
		}
		removeTo(i)
		d.value(from.member(i), to.member(j), here)
	}
	removeTo(endI)
}

// list tells elements that were put in or taken out from those that stay.
func (d *differ) list(from, to pair, at *tree.Place) {
	i, j := 0, 0
	gap := func(endI, endJ int) {
		for i < endI && j < endJ {
			old, here := from.member(i), &tree.Place{Up: at, Index: j, List: true}
			if alike(old.is, to.member(j).is) {
				d.value(old, to.member(j), here)
			} else {
				d.replaced(old, to.member(j), here)
			}
			i, j = i+1, j+1
		}
		for ; i < endI; i++ {
			d.removed(from.member(i), &tree.Place{Up: at, Index: j, List: true})
		}
		for ; j < endJ; j++ {
			d.added(to.member(j), &tree.Place{Up: at, Index: j, List: true})
		}
	}
	for _, stays := range tree.Align(from.is, to.is) {
		gap(int(stays[0]), int(stays[1]))
		i, j = i+1, j+1
	}
	gap(from.is.Len(), to.is.Len())
}

// alike says that of two elements one may have come from the other: it is worth
// telling what differs in them.
func alike(a, b *tree.Node) bool {
	if a.Kind != tree.Object || b.Kind != tree.Object {
		return false
	}
	for _, m := range a.All() {
		if other := b.Get(m.Key); other != nil && tree.Same(&m.Value, other) {
			return true
		}
	}
	return false
}

func (d *differ) added(v pair, at *tree.Place) {
	if !d.inParts(v) {
		d.add(OpAdd, at, nil, v.shown)
		return
	}
	empty := tree.Node{Kind: v.is.Kind}
	d.add(OpAdd, at, nil, &empty)
	d.members(v, at)
}

// members tells each member of a value that is there without them.
func (d *differ) members(v pair, at *tree.Place) {
	for i, m := range v.all() {
		if v.is.Kind == tree.List {
			d.added(m, &tree.Place{Up: at, Index: i, List: true})
		} else {
			d.added(m, &tree.Place{Up: at, Key: v.is.Key(i)})
		}
	}
}

func (d *differ) removed(v pair, at *tree.Place) {
	if !d.inParts(v) {
		d.add(OpRemove, at, v.shown, nil)
		return
	}
	for i, m := range v.all() {
		if v.is.Kind == tree.List {
			d.removed(m, &tree.Place{Up: at, List: true})
		} else {
			d.removed(m, &tree.Place{Up: at, Key: v.is.Key(i)})
		}
	}
	empty := tree.Node{Kind: v.is.Kind}
	d.add(OpRemove, at, &empty, nil)
}

func (d *differ) inParts(v pair) bool {
	return !v.secret() && tooMany(v.is, new(int))
}

// tooMany stops counting as soon as it knows.
func tooMany(n *tree.Node, count *int) bool {
	if *count++; *count > maxTogether {
		return true
	}
	for _, m := range n.All() {
		if tooMany(&m.Value, count) {
			return true
		}
	}
	return false
}

// json is a value as a change shows it.
func (d *differ) json(n *tree.Node) json.RawMessage {
	if d.cut {
		cut := cutTexts(*n)
		n = &cut
	}
	return tree.AppendJSON(nil, n)
}

// maxChangeText is how many bytes of a text a change shows.
const maxChangeText = 256

func cutTexts(n tree.Node) tree.Node {
	if n.Kind == tree.Text && len(n.Text) > maxChangeText {
		n.Text = tree.CutText(n.Text, maxChangeText)
		return n
	}
	n, _ = redactMembers(n, func(m *tree.Member) (tree.Node, bool) { return cutTexts(m.Value), true })
	return n
}
