// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"slices"

	"kresd-manager/internal/config/tree"
)

// apply gives a tree with one edit done to it. What the edit needs to be there is
// there. The error is that of [tree.Put].
func apply(root tree.Node, e edit) (tree.Node, error) {
	at, to := split(e.pointer), split(e.value)
	switch e.verb {
	case remove:
		return tree.Remove(root, at)
	case move:
		if parent(e.pointer) == parent(e.value) {
			return rename(root, at, last(e.value))
		}
		value := *find(&root, e.pointer)
		root, err := tree.Remove(root, at)
		if err != nil {
			return root, err
		}
		return tree.Put(root, to, value)
	case enable:
		return tree.Put(root, at, switched(find(&root, e.pointer), e.value))
	default:
		return tree.Put(root, at, tree.Node{Kind: tree.Text, Text: e.value})
	}
}

// rename gives a key another name where it is.
func rename(root tree.Node, at []string, name string) (tree.Node, error) {
	section := at[:len(at)-1]
	object, err := tree.Find(root, section)
	if err != nil {
		return root, err
	}
	members := slices.Clone(object.Members())
	object.SetMembers(members)
	for i := range members {
		if members[i].Key == at[len(at)-1] {
			members[i].Key = name
		}
	}
	if len(section) == 0 {
		return object, nil
	}
	return tree.Put(root, section, object)
}

// switched is a section with the key enable: in front of what is in it, or as the
// only key in place of a scalar.
func switched(old *tree.Node, on string) tree.Node {
	n := tree.Of(tree.Object, tree.Member{Key: "enable", Value: tree.Node{Kind: tree.Boolean, Text: on}})
	if old.Kind == tree.Object {
		n.Append(old.Members()...)
	}
	return n
}

// find is the value of a key, nil if there is none.
func find(root *tree.Node, pointer string) *tree.Node {
	at := root
	for _, key := range split(pointer) {
		if at = at.Get(key); at == nil {
			return nil
		}
	}
	return at
}
