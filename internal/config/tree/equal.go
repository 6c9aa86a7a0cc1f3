// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"strconv"
	"strings"
)

// Shared says that two values have the very same members: an edit shares what it
// leaves alone.
func Shared(a, b *Node) bool {
	return len(a.Members) == len(b.Members) && len(a.Members) > 0 && &a.Members[0] == &b.Members[0]
}

// Same is the equality of the ETag: the order of keys does not matter, and
// numbers are the same in every spelling but not across the types of numbers.
func Same(a, b *Node) bool {
	if a == b {
		return true
	}
	if a.Kind != b.Kind || len(a.Members) != len(b.Members) {
		return false
	}
	if Shared(a, b) {
		return true
	}
	switch a.Kind {
	case List:
		for i := range a.Members {
			if !Same(&a.Members[i].Value, &b.Members[i].Value) {
				return false
			}
		}
		return true
	case Object:
		var find func(string) (int, bool)
		for i := range a.Members {
			j, ok := i, true
			if a.Members[i].Key != b.Members[i].Key { // most often they are in the same order
				if find == nil {
					find = KeyFinder(b)
				}
				j, ok = find(a.Members[i].Key)
			}
			if !ok || !Same(&a.Members[i].Value, &b.Members[j].Value) {
				return false
			}
		}
		return true
	case Integer, Float:
		return a.Text == b.Text || string(AppendCanonical(nil, a)) == string(AppendCanonical(nil, b))
	}
	return a.Text == b.Text
}

// KeyFinder finds the members of an object by their keys.
func KeyFinder(n *Node) func(key string) (int, bool) {
	if len(n.Members) <= 16 {
		return func(key string) (int, bool) {
			i := n.index(key)
			return i, i >= 0
		}
	}
	where := make(map[string]int32, len(n.Members))
	for i := range n.Members {
		where[n.Members[i].Key] = int32(i)
	}
	return func(key string) (int, bool) {
		i, ok := where[key]
		return int(i), ok
	}
}

// Equal is the equality of RFC 6902 section 4.6: of numbers by value, of
// objects without regard to order.
func Equal(a, b *Node) bool {
	if a.IsNumber() && b.IsNumber() {
		return decimalOf(a.Text) == decimalOf(b.Text)
	}
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Members) != len(b.Members) {
		return false
	}
	if a.Kind == List {
		for i := range a.Members {
			if !Equal(&a.Members[i].Value, &b.Members[i].Value) {
				return false
			}
		}
		return true
	}
	as, bs := sortedByKey(a.Members), sortedByKey(b.Members)
	for i := range as {
		if as[i].Key != bs[i].Key || !Equal(&as[i].Value, &bs[i].Value) {
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
