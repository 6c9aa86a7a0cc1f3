// SPDX-License-Identifier: Apache-2.0

package config

import "kresd-manager/internal/config/tree"

// Put gives the document with value at pointer (RFC 6901): an object member is
// added or replaced, a list element replaced, "-" appended to a list, and for
// the empty pointer the result is value itself. Objects that are missing on the way are
// made; before "-" it is a list. The error is a *[PointerError], or has
// [ErrNotFound] in its chain.
func (d *Document) Put(pointer string, value *Document) (*Document, error) {
	tokens, err := tree.SplitPointer(pointer)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return value, nil
	}
	v := value.root
	v.Foreign = true
	root, err := tree.Put(d.root, tokens, v)
	if err != nil {
		return nil, err
	}
	if tree.Count(&root) > tree.MaxNodes {
		return nil, &tree.PointerError{Pointer: pointer, Message: tree.TooManyValues}
	}
	return d.with(root), nil
}

// Delete gives the document without the object member or list element at
// pointer; for the empty pointer it is {}. Errors are as those of [Document.Put].
func (d *Document) Delete(pointer string) (*Document, error) {
	tokens, err := tree.SplitPointer(pointer)
	if err != nil {
		return nil, err
	}
	root, err := tree.Remove(d.root, tokens)
	if err != nil {
		return nil, err
	}
	return d.with(root), nil
}

// FromTree is a document that was made and not read: the positions in its tree
// mean nothing.
func FromTree(name string, root tree.Node) *Document {
	root.Foreign = true
	return newDocument(name, root)
}

// Tree is what the document holds. The caller must not change it.
func (d *Document) Tree() *tree.Node { return &d.root }
