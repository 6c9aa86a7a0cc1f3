// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"strconv"
	"strings"
)

// Shared says that two values have the very same members: an edit shares what it
// leaves alone.
func Shared(a, b *Node) bool {
	if a.packed != nil || b.packed != nil {
		return a.packed == b.packed
	}
	return len(a.members) == len(b.members) && len(a.members) > 0 && &a.members[0] == &b.members[0]
}

// Same is the equality of the ETag: the order of keys does not matter, and
// numbers are the same in every spelling but not across the types of numbers.
func Same(a, b *Node) bool {
	if a == b {
		return true
	}
	if a.Kind != b.Kind || a.Len() != b.Len() {
		return false
	}
	if Shared(a, b) {
		return true
	}
	switch a.Kind {
	case List:
		other := b.From(0)
		for _, m := range a.All() {
			if !Same(&m.Value, &other.Next().Value) {
				return false
			}
		}
		return true
	case Object:
		var find func(string) (int, bool)
		other := b.From(0)
		for _, m := range a.All() {
			o := other.Next()
			if m.Key != o.Key { // most often they are in the same order
				if find == nil {
					find = KeyFinder(b, 0, b.Len())
				}
				j, ok := find(m.Key)
				if !ok {
					return false
				}
				o = b.Member(j)
			}
			if !Same(&m.Value, &o.Value) {
				return false
			}
		}
		return true
	case Integer, Float:
		return a.Text == b.Text || string(AppendCanonical(nil, a)) == string(AppendCanonical(nil, b))
	}
	return a.Text == b.Text
}

// KeyFinder finds the members of an object by their keys, among those from one index up to
// another.
func KeyFinder(n *Node, from, end int) func(key string) (int, bool) {
	if end-from <= 16 {
		return func(key string) (int, bool) {
			for i := from; i < end; i++ {
				if n.Key(i) == key {
					return i, true
				}
			}
			return 0, false
		}
	}
	keys := newKeySet(n, end-from)
	c := n.From(from)
	for i := from; i < end; i++ {
		keys.put(i, c.Next().Key)
	}
	return keys.find
}

// Equal is the equality of RFC 6902 section 4.6: of numbers by value, of
// objects without regard to order.
func Equal(a, b *Node) bool {
	if a.IsNumber() && b.IsNumber() {
		return decimalOf(a.Text) == decimalOf(b.Text)
	}
	if a.Kind != b.Kind || a.Text != b.Text || a.Len() != b.Len() {
		return false
	}
	if a.Kind == List {
		other := b.From(0)
		for _, m := range a.All() {
			if !Equal(&m.Value, &other.Next().Value) {
				return false
			}
		}
		return true
	}
	as, bs := sortedByKey(a, nil), sortedByKey(b, nil)
	for i := range as {
		m, o := a.Member(int(as[i].i)), b.Member(int(bs[i].i))
		if m.Key != o.Key || !Equal(&m.Value, &o.Value) {
			return false
		}
	}
	return true
}

// decimal is the value of a number: sign and digits, of which neither the
// first nor the last is zero, times ten to the exponent.
type decimal struct {
	digits   string
	exponent int
}

func decimalOf(s string) decimal {
	digits, exp, _ := strings.Cut(strings.ReplaceAll(s, "E", "e"), "e")
	exponent, err := strconv.Atoi(exp)
	if err != nil && exp != "" {
		return decimal{digits: s} // equal to its own spelling alone
	}
	digits, negative := strings.CutPrefix(digits, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	exponent -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return decimal{}
	}
	exponent += len(digits) - len(short)
	if negative {
		short = "-" + short
	}
	return decimal{short, exponent}
}
