// SPDX-License-Identifier: Apache-2.0

package config

import (
	"iter"
	"reflect"

	"kresd-manager/internal/config/tree"
)

// Entries are the items of a list, or the members of an object with free keys, of which there
// may be a million. Validation has looked at each of them and keeps none: they are read
// from the document again whenever someone goes through them, which takes less time than
// memory for all of them would. The zero value has none. It is safe for concurrent use.
type Entries[T any] struct {
	n    int
	each func(yield func(T) bool, how manner)
}

// manner is what is made of the entries that someone goes through.
type manner uint8

const (
	passing   manner = iota // entries that are valid for one step
	toKeep                  // entries that may be kept
	namesOnly               // no more than the names of addresses
)

// EntriesOf are items that are kept.
func EntriesOf[T any](items ...T) Entries[T] {
	return Entries[T]{len(items), func(yield func(T) bool, _ manner) {
		for _, item := range items {
			if !yield(item) {
				return
			}
		}
	}}
}

// Len is how many there are.
func (e Entries[T]) Len() int { return e.n }

// All goes through the entries in their order. The slices in an entry are valid for the step
// that it is given for.
func (e Entries[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		if e.n > 0 {
			e.each(yield, passing)
		}
	}
}

// Names goes through the names of addresses alone, which is quicker.
func Names(e Entries[NameAddresses]) iter.Seq[string] {
	return func(yield func(string) bool) {
		if e.n > 0 {
			e.each(func(n NameAddresses) bool { return yield(n.Name) }, namesOnly)
		}
	}
}

// Slice makes all entries, to be kept.
func (e Entries[T]) Slice() []T {
	if e.n == 0 {
		return nil
	}
	all := make([]T, 0, e.n)
	e.each(func(item T) bool { all = append(all, item); return true }, toKeep)
	return all
}

// manyEntries is what a list of them can do for the reader.
type manyEntries interface {
	elem() reflect.Type
	read(r *reader, s *shape, at spot) bool
}

func (*Entries[T]) elem() reflect.Type { return reflect.TypeFor[T]() }

// quick is an item that can be read without a look at its declaration where it is written in
// the plainest way.
type quick interface {
	// quick reads the value, and reports whether it could: if not, something may be wrong
	// with it or not. Slices that the item has are used again.
	quick(n *tree.Node) bool
}

// noted is an item of which validation keeps something for the rules that concern several.
type noted interface {
	// note keeps it of an item, one of so many.
	note(r *reader, all int)
}

// read looks at all items, and has them read later.
func (e *Entries[T]) read(r *reader, s *shape, at spot) bool {
	ok := true
	var item T
	for i, m := range at.n.All() {
		if !readItem(r, s, at, i, m, &item, false) {
			ok = false
		} else if n, notes := any(&item).(noted); notes {
			n.note(r, at.n.Len())
		}
	}
	if !ok {
		return false
	}
	later := reader{host: r.host, files: r.files} // finds nothing wrong
	*e = Entries[T]{at.n.Len(), func(yield func(T) bool, how manner) {
		r := later
		var item T
		for i, m := range at.n.All() {
			readItem(&r, s, at, i, m, &item, how == toKeep)
			if !yield(item) {
				return
			}
		}
	}}
	return true
}

// readItem reads an item of a list into dst. Where it is kept, nothing that dst has is used
// again.
func readItem[T any](r *reader, s *shape, at spot, i int, m *tree.Member, dst *T, kept bool) bool {
	if kept {
		*dst = *new(T)
	}
	if q, ok := any(dst).(quick); ok && q.quick(&m.Value) {
		return true
	}
	*dst = *new(T)
	return r.element(s, reflect.ValueOf(dst).Elem(), at.member(m, &tree.Place{Up: at.place, Index: i, List: true}))
}

// quick reads names and addresses without options, in which there is nothing that a rule
// would concern.
func (f *Forward) quick(n *tree.Node) bool {
	if n.Kind != tree.Object || n.Len() != 2 {
		return false
	}
	subtree, servers := n.Member(0), n.Member(1)
	if subtree.Key != "subtree" || servers.Key != "servers" || servers.Value.Kind != tree.List || servers.Value.Len() == 0 {
		return false
	}
	f.Options = ForwardOptions{DNSSEC: true}
	switch v := &subtree.Value; {
	case v.Kind == tree.Text && quickName(v.Text):
		f.Subtree = append(f.Subtree[:0], v.Text)
	case v.Kind == tree.List && v.Len() > 0:
		f.Subtree = f.Subtree[:0]
		for _, m := range v.All() {
			if m.Value.Kind != tree.Text || !quickName(m.Value.Text) {
				return false
			}
			f.Subtree = append(f.Subtree, m.Value.Text)
		}
	default:
		return false
	}
	read := f.Servers[:0]
	for i, m := range servers.Value.All() {
		a, wrong := quickServer(&m.Value)
		if wrong {
			return false
		}
		var one []AddrPort // room of the one that was here before
		if i < cap(f.Servers) {
			one = f.Servers[: i+1 : cap(f.Servers)][i].Address[:0]
		}
		read = append(read, Server{Address: append(one, a)})
	}
	f.Servers = read
	return true
}

// quickName knows names in normal form.
func quickName(s string) bool { return isPlainName(s) && checkLabels(s) == "" }

// quickServer reads an address with a port or without.
func quickServer(n *tree.Node) (a AddrPort, wrong bool) {
	if n.Kind != tree.Text {
		return a, true
	}
	v, fault := serverAddress(n)
	return v, fault != nil
}

// addressEntries has addresses read again whenever someone goes through them.
func (r *reader) addressEntries(g *grammar, at spot) Entries[NameAddresses] {
	later := reader{host: r.host, files: r.files}
	return Entries[NameAddresses]{at.n.Len(), func(yield func(NameAddresses) bool, how manner) {
		r := later
		var room NameAddresses
		for _, m := range at.n.All() {
			room.Name = m.Key
			if how == toKeep {
				room.Addrs = nil
			}
			if how != namesOnly {
				room.Addrs = r.addressList(room.Addrs[:0], g, at.member(m, at.place))
			}
			if !yield(room) {
				return
			}
		}
	}}
}
