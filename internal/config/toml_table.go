// SPDX-License-Identifier: Apache-2.0

package config

import "strconv"

// table is an object that is still growing.
type table struct {
	at      position
	members []member
	byKey   map[string]int
	growing map[int]*inner // members whose value is not final
}

// inner is a table, or an array of tables if isList says so.
type inner struct {
	tables []*table
	isList bool
}

func newTable(at position) *table {
	return &table{at: at, byKey: make(map[string]int), growing: make(map[int]*inner)}
}

// add adds a member; the key is a new one.
func (t *table) add(k tomlKey, value node) int {
	i := len(t.members)
	t.byKey[k.name] = i
	t.members = append(t.members, member{key: k.name, keyAt: k.at, value: value})
	return i
}

// inner is the table or tables that a key leads to, made if there are none. It
// is nil if the key has another value.
func (t *table) inner(k tomlKey, isList bool) *inner {
	i, existed := t.byKey[k.name]
	if !existed {
		in := &inner{isList: isList}
		if !isList {
			in.tables = []*table{newTable(k.at)}
		}
		t.growing[t.add(k, node{})] = in
		return in
	}
	return t.growing[i]
}

// descend is the table that a key leads to, of an array of tables the last.
func (t *table) descend(k tomlKey, path []string) (*table, []string) {
	in := t.inner(k, false)
	path = append(path, k.name)
	if in == nil {
		return nil, path
	}
	last := len(in.tables) - 1
	if in.isList {
		path = append(path, strconv.Itoa(last))
	}
	return in.tables[last], path
}

// node is the finished table.
func (t *table) node() node {
	for i, in := range t.growing {
		if !in.isList {
			t.members[i].value = in.tables[0].node()
			continue
		}
		elements := make([]member, len(in.tables))
		for j, element := range in.tables {
			elements[j].value = element.node()
		}
		t.members[i].value = node{kind: list, at: in.tables[0].at, members: elements}
	}
	return node{kind: object, at: t.at, members: t.members}
}
