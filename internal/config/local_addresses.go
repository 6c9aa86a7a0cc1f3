// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"

	"kresd-manager/internal/config/tree"
)

// addresses reads /local-data/addresses. There may be hundreds of thousands,
// so this one map is read without reflection, names in normal form are not
// copied, and all addresses share one array.
func (r *reader) addresses(g *grammar, at spot) ([]NameAddresses, bool) {
	if at.n.Kind != tree.Object {
		return nil, r.expected(at, "an object with domain names as keys", "")
	}
	ok, changed := true, false
	all := make([]NameAddresses, 0, len(at.n.Members))
	arena := make([]netip.Addr, 0, len(at.n.Members))
	here := tree.Place{Up: at.place}
	for i := range at.n.Members {
		m := &at.n.Members[i]
		here.Key = m.Key
		name, message := domainName(m.Key)
		if message != "" {
			r.note(at.member(m, &here), m.KeyAt, tree.SeverityError, message, "")
			ok = false
		}
		changed = changed || name != m.Key
		start := len(arena)
		arena = r.addressList(arena, g, at.member(m, &here))
		if len(arena) == start {
			ok = false
		}
		all = append(all, NameAddresses{Name: name, Addrs: arena[start:len(arena):len(arena)]})
	}
	if !ok || len(all) == 0 {
		return nil, ok
	}
	if changed {
		all = mergeNames(all)
	}
	return all, true
}

// addressList appends the address or addresses at a spot; it appends nothing
// if one of them is wrong.
func (r *reader) addressList(arena []netip.Addr, g *grammar, at spot) []netip.Addr {
	if at.n.Kind == tree.Object {
		r.expected(at, g.right+" or a list of them", "in TOML a name with dots is written in quotes")
		return arena
	}
	if at.n.Kind != tree.List {
		addr, ok := r.address(g, at)
		if !ok {
			return arena
		}
		return append(arena, addr)
	}
	if len(at.n.Members) == 0 {
		r.problem(at, "the list is empty", "a list has at least one item")
	}
	start, good := len(arena), true
	for i := range at.n.Members {
		item := &at.n.Members[i]
		addr, ok := r.address(g, at.member(item, &tree.Place{Up: at.place, Index: i, List: true}))
		arena, good = append(arena, addr), good && ok
	}
	if !good {
		arena = arena[:start]
	}
	return arena
}

func (r *reader) address(g *grammar, at spot) (netip.Addr, bool) {
	if at.n.Kind == tree.Text {
		if addr, err := parseIP(at.n.Text); err == nil && addr.Zone() == "" {
			return addr, true
		}
	}
	v, ok := r.scalar(g, at)
	if !ok {
		return netip.Addr{}, false
	}
	return v.(netip.Addr), true
}

// mergeNames joins entries whose names are the same in normal form.
func mergeNames(all []NameAddresses) []NameAddresses {
	first := make(map[string]int, len(all))
	merged := all[:0]
	for _, a := range all {
		if i, seen := first[a.Name]; seen {
			merged[i].Addrs = append(merged[i].Addrs, a.Addrs...)
			continue
		}
		first[a.Name] = len(merged)
		merged = append(merged, a)
	}
	return merged
}
