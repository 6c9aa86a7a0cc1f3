// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"errors"
	"fmt"
	"slices"
)

// ErrTestFailed is in the chain of the error of a patch whose test operation
// (RFC 6902 section 4.6) did not hold.
var ErrTestFailed = errors.New("test failed")

// Operation is one step of a JSON patch (RFC 6902 section 4), with pointers as
// [SplitPointer] gives them.
type Operation struct {
	Name       string   // add, remove, replace, move, copy or test
	Path, From []string // From of move and copy alone
	Value      Node     // of add, replace and test
}

// Patch gives a tree after all operations, or an error. Neither tree is changed.
// The error of an operation that cannot be done has [ErrNotFound], [ErrTestFailed]
// or a *[PointerError] in its chain.
func Patch(root Node, operations []Operation) (Node, error) {
	p := &patching{root: newDraft(root), count: Count(&root)}
	for i := range operations {
		if err := p.apply(&operations[i]); err != nil {
			return root, fmt.Errorf("patch operation %d (%s): %w", i, operations[i].Name, err)
		}
	}
	return p.root.node(), nil
}

// patching is a document on its way through the operations of a patch. An
// operation costs what its pointers have tokens and its value has values, but
// not what the objects and lists that it edits have members.
type patching struct {
	root *draft
	// count is a bound on the values in the tree; it keeps copies of copies
	// within what a text could hold.
	count int
	way   []*draft // of the last lookup
}

// apply does the operation.
func (p *patching) apply(o *Operation) error {
	switch o.Name {
	case "test":
		value, err := p.find(o.Path)
		if err == nil && !value.equals(&o.Value) {
			err = fmt.Errorf("%q: %w: the value is another", JoinPointer(o.Path), ErrTestFailed)
		}
		return err
	case "remove":
		return p.remove(o.Path)
	case "move":
		value, err := p.find(o.From)
		if err != nil || slices.Equal(o.From, o.Path) {
			return err
		}
		if len(o.From) < len(o.Path) && slices.Equal(o.From, o.Path[:len(o.From)]) {
			return &PointerError{Pointer: JoinPointer(o.Path), Message: "a value cannot be moved into itself"}
		}
		p.inherit(value)
		if err := p.remove(o.From); err != nil {
			return err
		}
		return p.add(o.Path, value)
	}
	value := o.Value
	switch o.Name {
	case "copy":
		from, err := p.find(o.From)
		if err != nil {
			return err
		}
		if p.count += from.count(); p.count > MaxNodes {
			return &PointerError{Pointer: JoinPointer(o.Path), Message: TooManyValues}
		}
		taken := draft{written: from.node()} // the original keeps what it has
		p.inherit(&taken)
		return p.add(o.Path, newDraft(taken.written))
	case "replace":
		if _, err := p.find(o.Path); err != nil {
			return err
		}
	}
	if p.count += Count(&value); p.count > MaxNodes {
		return &PointerError{Pointer: JoinPointer(o.Path), Message: TooManyValues}
	}
	if o.Name == "replace" {
		return p.replace(o.Path, newDraft(value))
	}
	return p.add(o.Path, newDraft(value))
}

// find gives the value a pointer leads to, and notes the way there: all values
// from the root to the one around it.
func (p *patching) find(tokens []string) (*draft, error) {
	p.way = p.way[:0]
	d := p.root
	for depth, token := range tokens {
		p.way = append(p.way, d)
		child, err := d.child(token)
		if err != nil {
			return nil, AtPointer(tokens[:depth+1], err)
		}
		d = child
	}
	return d, nil
}

// inherit has a value that was just found, and will be elsewhere, say by itself
// what the values around it have said of its positions.
func (p *patching) inherit(value *draft) {
	file := uint16(0)
	for _, d := range p.way {
		value.written.Foreign = value.written.Foreign || d.written.Foreign
		if d.written.File != 0 {
			file = d.written.File
		}
	}
	if value.written.File == 0 {
		value.written.File = file
	}
}

// edit has the value around what a pointer names change its members.
func (p *patching) edit(tokens []string, change func(parent *draft, token string) error) error {
	last := len(tokens) - 1
	parent, err := p.find(tokens[:last])
	if err != nil {
		return err
	}
	p.way = append(p.way, parent)
	if err := change(parent, tokens[last]); err != nil {
		return AtPointer(tokens, err)
	}
	settle(p.way)
	return nil
}

// add is the operation of RFC 6902 section 4.1: a list element is inserted, and
// nothing is made on the way.
func (p *patching) add(tokens []string, value *draft) error {
	if len(tokens) == 0 {
		p.root = value
		return nil
	}
	if err := CheckDepth(tokens, value.depth); err != nil {
		return err
	}
	return p.edit(tokens, func(parent *draft, token string) error { return parent.add(token, value) })
}

// replace is the operation of RFC 6902 section 4.3 on a value that is there.
func (p *patching) replace(tokens []string, value *draft) error {
	if len(tokens) == 0 {
		p.root = value
		return nil
	}
	if err := CheckDepth(tokens, value.depth); err != nil {
		return err
	}
	return p.edit(tokens, func(parent *draft, token string) error { return parent.replace(token, value) })
}

// remove is the operation of RFC 6902 section 4.2; the root becomes {}.
func (p *patching) remove(tokens []string) error {
	if len(tokens) == 0 {
		p.root = newDraft(Node{Kind: Object})
		return nil
	}
	return p.edit(tokens, (*draft).remove)
}
