// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"slices"
	"sync"
)

// renamedWords are words of enums in earlier versions, and what they are now.
var renamedWords = map[string]string{"from-env": "from-arg"}

// removed are keys of earlier versions that have no successor. Those that have
// one are told by the tag was of their declaration.
var removed = []string{
	"/dnssec/refresh-time",
	"/dnssec/hold-down-time",
	"/dnssec/time-skew-detection",
	"/dnssec/keep-removed",
	"/local-data/root-fallback-addresses",
	"/local-data/root-fallback-addresses-files",
	"/logging/debugging",
	"/max-workers",
	"/network/tls/auto-discovery",
	"/webmgmt",
}

// Removed lists the keys of earlier versions that have no successor; what is
// below them went with them.
func Removed() []string { return slices.Clone(removed) }

// Rename is a key that had another name or place in earlier versions.
type Rename struct{ Old, New string } // pointers as in [KeyInfo]

// Renames lists the keys that had another name or place in earlier versions,
// sorted by the section of the old one; keys of one section are in the order
// of their declarations.
func Renames() []Rename {
	var all []Rename
	for _, k := range Keys() {
		for _, old := range k.Was {
			all = append(all, Rename{Old: old, New: k.Pointer})
		}
	}
	slices.SortStableFunc(all, func(a, b Rename) int {
		before, _ := cutLast(a.Old)
		after, _ := cutLast(b.Old)
		return cmp.Compare(before, after)
	})
	return all
}

// successors are the new pointers by the old ones.
var successors = sync.OnceValue(func() map[string]string {
	now := make(map[string]string)
	for _, r := range Renames() {
		now[r.Old] = r.New
	}
	return now
})
