// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"slices"
	"strings"
)

// Change is one way in which a tree differs from what is in place.
type Change struct {
	Kind string `json:"kind"` // "add", "change" or "remove"
	Path string `json:"path"`
}

// String is the change on a line: "+ path", "~ path" or "- path".
func (c Change) String() string {
	return map[string]string{"add": "+ ", "change": "~ ", "remove": "- "}[c.Kind] + c.Path
}

// Changes says what writing the tree would change, sorted by path.
func (t Tree) Changes(there Tree) []Change {
	old := map[string]Entry{}
	for _, e := range there {
		old[e.Path] = e
	}
	changes := []Change{}
	for _, e := range t {
		before, is := old[e.Path]
		switch {
		case !is:
			changes = append(changes, Change{"add", e.Path})
		case before != e:
			changes = append(changes, Change{"change", e.Path})
		}
		delete(old, e.Path)
	}
	for path := range old {
		changes = append(changes, Change{"remove", path})
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes
}
