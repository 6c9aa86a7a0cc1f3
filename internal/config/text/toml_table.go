// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strconv"

	"kresd-manager/internal/config/tree"
)

// table is an object that is still growing.
type table struct {
	at      tree.Position
	members []tree.Member
	byKey   map[string]int
	growing map[int]*inner // members whose value is not final
}

// inner is a table, or an array of tables.
type inner struct {
	tables []*table
	made   madeBy
}

// madeBy is how an inner table came to be, which says what may add to it (TOML 1.0,
// section "Table").
type madeBy uint8

const (
	byHeaderBelow madeBy = iota // [a.b] makes a, which [a] may still open
	byHeader                    // [a]
	byDots                      // a.b = 1 makes a: headers may add tables to it, and not open it
	byArray                     // [[a]]
)

func newTable(at tree.Position) *table {
	return &table{at: at, byKey: make(map[string]int), growing: make(map[int]*inner)}
}

// add adds a member; the key is a new one.
func (t *table) add(k tomlKey, value tree.Node) int {
	i := len(t.members)
	t.byKey[k.name] = i
	t.members = append(t.members, tree.Member{Key: k.name, KeyAt: k.at, Value: value})
	return i
}

// inner is the table or tables that a key leads to, made if there are none. It
// is nil if the key has another value.
func (t *table) inner(k tomlKey, made madeBy) *inner {
	i, existed := t.byKey[k.name]
	if !existed {
		in := &inner{made: made}
		if made != byArray {
			in.tables = []*table{newTable(k.at)}
		}
		t.growing[t.add(k, tree.Node{})] = in
		return in
	}
	return t.growing[i]
}

// through is the table that a key of a header leads to which is not its last one; of
// an array of tables it is the last of those. It is nil if there is another value.
func (t *table) through(k tomlKey, path []string) (*table, []string) {
	in := t.inner(k, byHeaderBelow)
	path = append(path, k.name)
	if in == nil {
		return nil, path
	}
	last := len(in.tables) - 1
	if in.made == byArray {
		path = append(path, strconv.Itoa(last))
	}
	return in.tables[last], path
}

// open is the table that a header is about; nil if it cannot be opened (again).
func (t *table) open(k tomlKey) *table {
	_, existed := t.byKey[k.name]
	in := t.inner(k, byHeader)
	if in == nil || existed && in.made != byHeaderBelow {
		return nil
	}
	in.made = byHeader
	return in.tables[0]
}

// another is a new table at the end of the array that a header is about; nil if
// there is another value.
func (t *table) another(k tomlKey, at tree.Position, path []string) (*table, []string) {
	in := t.inner(k, byArray)
	if in == nil || in.made != byArray {
		return nil, path
	}
	path = append(path, k.name, strconv.Itoa(len(in.tables)))
	one := newTable(at)
	in.tables = append(in.tables, one)
	return one, path
}

// dotted is the table that a part of a dotted key leads to, nil if dots cannot add
// to what is there.
func (t *table) dotted(k tomlKey, path []string) (*table, []string) {
	in := t.inner(k, byDots)
	path = append(path, k.name)
	if in == nil || in.made != byDots {
		return nil, path
	}
	return in.tables[0], path
}

// node is the finished table.
func (t *table) node() tree.Node {
	for i, in := range t.growing {
		if in.made != byArray {
			t.members[i].Value = in.tables[0].node()
			continue
		}
		elements := make([]tree.Member, len(in.tables))
		for j, element := range in.tables {
			elements[j].Value = element.node()
		}
		t.members[i].Value = tree.Of(tree.List, elements...)
		t.members[i].Value.At = in.tables[0].at
	}
	n := tree.Of(tree.Object, t.members...)
	n.At = t.at
	return n
}
