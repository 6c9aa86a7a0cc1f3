// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Patch gives the document after the operations of a JSON patch (RFC 6902):
// all of them, or an error and no document. Keys keep their order.
//
// A malformed patch is [Problems] whose pointers lead into the patch. An
// operation that cannot be done has [ErrNotFound], [ErrTestFailed] or a
// *[PointerError] in the chain of its error.
func (d *Document) Patch(patch []byte) (*Document, error) {
	operations, problems := parsePatch(patch)
	if len(problems) > 0 {
		return nil, problems
	}
	p := &patching{root: newDraft(d.root), count: countNodes(&d.root)}
	for i, o := range operations {
		if err := p.apply(&o); err != nil {
			return nil, fmt.Errorf("patch operation %d (%s): %w", i, o.name, err)
		}
	}
	return d.with(p.root.node()), nil
}

// operation is one step of a patch.
type operation struct {
	name       string
	path, from []string
	value      node
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
func (p *patching) apply(o *operation) error {
	switch o.name {
	case "test":
		value, err := p.find(o.path)
		if err == nil && !value.equals(&o.value) {
			err = fmt.Errorf("%q: %w: the value is another", joinPointer(o.path), ErrTestFailed)
		}
		return err
	case "remove":
		return p.remove(o.path)
	case "move":
		value, err := p.find(o.from)
		if err != nil || slices.Equal(o.from, o.path) {
			return err
		}
		if len(o.from) < len(o.path) && slices.Equal(o.from, o.path[:len(o.from)]) {
			return &PointerError{joinPointer(o.path), "a value cannot be moved into itself"}
		}
		p.inherit(value)
		if err := p.remove(o.from); err != nil {
			return err
		}
		return p.add(o.path, value)
	}
	value := o.value
	switch o.name {
	case "copy":
		from, err := p.find(o.from)
		if err != nil {
			return err
		}
		if p.count += from.count(); p.count > maxNodes {
			return &PointerError{joinPointer(o.path), tooManyValues}
		}
		taken := draft{written: from.node()} // the original keeps what it has
		p.inherit(&taken)
		return p.add(o.path, newDraft(taken.written))
	case "replace":
		if _, err := p.find(o.path); err != nil {
			return err
		}
	}
	if p.count += countNodes(&value); p.count > maxNodes {
		return &PointerError{joinPointer(o.path), tooManyValues}
	}
	if o.name == "replace" {
		return p.replace(o.path, newDraft(value))
	}
	return p.add(o.path, newDraft(value))
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
			return nil, pointerError(tokens[:depth+1], err)
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
		value.written.foreign = value.written.foreign || d.written.foreign
		if d.written.file != 0 {
			file = d.written.file
		}
	}
	if value.written.file == 0 {
		value.written.file = file
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
		return pointerError(tokens, err)
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
	if err := checkDepth(tokens, value.depth); err != nil {
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
	if err := checkDepth(tokens, value.depth); err != nil {
		return err
	}
	return p.edit(tokens, func(parent *draft, token string) error { return parent.replace(token, value) })
}

// remove is the operation of RFC 6902 section 4.2; the root becomes {}.
func (p *patching) remove(tokens []string) error {
	if len(tokens) == 0 {
		p.root = newDraft(node{kind: object})
		return nil
	}
	return p.edit(tokens, (*draft).remove)
}

// parsePatch reads the list of operations. Members that RFC 6902 does not
// define are ignored, as its section 3 asks.
func parsePatch(patch []byte) (operations []operation, problems Problems) {
	var found findings
	src, problem := checkText(patch)
	var root node
	if problem == nil {
		root, problem, found.problems = readJSON(src)
	}
	if problem != nil {
		found.problems = Problems{*problem}
	}
	if found.problems != nil {
		return nil, found.in("patch")
	}
	if root.kind != list {
		found.add(tokens(nil), root.at, SeverityError, "a patch is a list of operations, found "+root.describe(), "")
		return nil, found.in("patch")
	}
	for i := range root.members {
		n, at := &root.members[i].value, tokens{strconv.Itoa(i)}
		if n.kind != object {
			found.add(at, n.at, SeverityError, "an operation is an object, found "+n.describe(), "")
			continue
		}
		o, message := parseOperation(n)
		if message != "" {
			found.add(at, n.at, SeverityError, message, "")
		}
		operations = append(operations, o)
	}
	return operations, found.in("patch")
}

func parseOperation(n *node) (o operation, message string) {
	word := func(key string) (string, error) {
		v := n.get(key)
		if v == nil {
			return "", fmt.Errorf("an operation needs %q", key)
		}
		if v.kind != text {
			return "", fmt.Errorf("%q is a string, found %s", key, v.describe())
		}
		return v.text, nil
	}
	path := func(key string) ([]string, error) {
		pointer, err := word(key)
		if err != nil {
			return nil, err
		}
		return splitPointer(pointer)
	}
	var errs []error
	fail := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	o.name, err = word("op")
	fail(err)
	o.path, err = path("path")
	fail(err)
	switch o.name {
	case "add", "replace", "test":
		if v := n.get("value"); v != nil {
			o.value = *v
			o.value.foreign = true
		} else {
			fail(errors.New(`an operation needs "value"`))
		}
	case "move", "copy":
		o.from, err = path("from")
		fail(err)
	case "remove", "":
	default:
		fail(fmt.Errorf("%q is no operation; there are add, remove, replace, move, copy and test", shorten(o.name)))
	}
	if err := errors.Join(errs...); err != nil {
		return o, strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return o, ""
}

// equal is the equality of RFC 6902 section 4.6: of numbers by value, of
// objects without regard to order.
func equal(a, b *node) bool {
	if a.isNumber() && b.isNumber() {
		return decimalOf(a.text) == decimalOf(b.text)
	}
	if a.kind != b.kind || a.text != b.text || len(a.members) != len(b.members) {
		return false
	}
	if a.kind == list {
		for i := range a.members {
			if !equal(&a.members[i].value, &b.members[i].value) {
				return false
			}
		}
		return true
	}
	as, bs := sortedByKey(a.members), sortedByKey(b.members)
	for i := range as {
		if as[i].key != bs[i].key || !equal(&as[i].value, &bs[i].value) {
			return false
		}
	}
	return true
}

func (n *node) isNumber() bool { return n.kind == integer || n.kind == float }

// decimal is the value of a number: sign and digits, of which neither the
// first nor the last is zero, times ten to the exponent.
type decimal struct {
	digits   string
	exponent int
}

func decimalOf(s string) decimal {
	digits, exp, _ := strings.Cut(strings.ReplaceAll(s, "E", "e"), "e")
	exponent, err := strconv.Atoi(exp)
	if err != nil && exp != "" {
		return decimal{digits: s} // equal to its own spelling alone
	}
	digits, negative := strings.CutPrefix(digits, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	exponent -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return decimal{}
	}
	exponent += len(digits) - len(short)
	if negative {
		short = "-" + short
	}
	return decimal{short, exponent}
}
