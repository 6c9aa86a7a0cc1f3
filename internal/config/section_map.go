// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	"kresd-manager/internal/config/tree"
)

// maxNameBytes keeps names of components short enough for unit names.
const maxNameBytes = 64

// sectionMap reads an object with free keys and sections as values into a
// slice of structs, whose field Name takes the key. The order of the keys means
// nothing, so the slice is sorted.
func (r *reader) sectionMap(elem *shape, dst reflect.Value, at spot) bool {
	if at.n.Kind != tree.Object {
		return r.expected(at, "an object with names as keys", "")
	}
	ok := true
	items := reflect.MakeSlice(dst.Type(), at.n.Len(), at.n.Len())
	for i, m := range at.n.All() {
		here := at.member(m, &tree.Place{Up: at.place, Key: m.Key})
		if !isTag(m.Key) || len(m.Key) > maxNameBytes {
			r.note(here, m.KeyAt, tree.SeverityError, "expected a name of lower-case letters, digits and inner -, found "+quoteShort(m.Key),
				"at most "+strconv.Itoa(maxNameBytes)+" characters")
			ok = false
		}
		items.Index(i).FieldByName("Name").SetString(m.Key)
		ok = r.section(elem.plan, items.Index(i), here) && ok
	}
	if ok && items.Len() > 0 {
		dst.Set(items)
		slices.SortFunc(dst.Interface().([]Component), func(a, b Component) int { return cmp.Compare(a.Name, b.Name) })
	}
	return ok
}
