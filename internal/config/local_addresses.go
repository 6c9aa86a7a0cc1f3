// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"

	"kresd-manager/internal/config/tree"
)

// addresses reads /local-data/addresses. There may be hundreds of thousands,
// so this one map is read without reflection, and names in normal form are read again
// whenever someone asks for them.
func (r *reader) addresses(g *grammar, at spot) (none Entries[NameAddresses], ok bool) {
	if at.n.Kind != tree.Object {
		return none, r.expected(at, "an object with domain names as keys", "")
	}
	ok, changed := true, false
	var room []netip.Addr
	here := tree.Place{Up: at.place}
	for _, m := range at.n.All() {
		here.Key = m.Key
		name, message := domainName(m.Key)
		if message != "" {
			r.note(at.member(m, &here), m.KeyAt, tree.SeverityError, message, "")
			ok = false
		}
		changed = changed || name != m.Key
		if room = r.addressList(room[:0], g, at.member(m, &here)); len(room) == 0 {
			ok = false
		}
	}
	if !ok {
		return none, false
	}
	entries := r.addressEntries(g, at)
	if !changed {
		return entries, true
	}
	all := entries.Slice()
	for i := range all {
		all[i].Name, _ = domainName(all[i].Name)
	}
	return EntriesOf(mergeNames(all)...), true
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
	if at.n.Len() == 0 {
		r.problem(at, "the list is empty", "a list has at least one item")
	}
	start, good := len(arena), true
	for i, item := range at.n.All() {
		addr, ok := quickAddress(&item.Value)
		if !ok {
			addr, ok = r.address(g, at.member(item, &tree.Place{Up: at.place, Index: i, List: true}))
		}
		arena, good = append(arena, addr), good && ok
	}
	if !good {
		arena = arena[:start]
	}
	return arena
}

func (r *reader) address(g *grammar, at spot) (netip.Addr, bool) {
	if addr, ok := quickAddress(at.n); ok {
		return addr, true
	}
	v, ok := r.scalar(g, at)
	if !ok {
		return netip.Addr{}, false
	}
	return v.(netip.Addr), true
}

// quickAddress is false for what is no address, and for what someone has to look at.
func quickAddress(n *tree.Node) (netip.Addr, bool) {
	if n.Kind != tree.Text {
		return netip.Addr{}, false
	}
	addr, err := parseIP(n.Text)
	return addr, err == nil && addr.Zone() == ""
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
