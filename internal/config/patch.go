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
	root := d.root
	count := countNodes(&root)
	for i, o := range operations {
		var err error
		if root, err = o.apply(root, &count); err != nil {
			return nil, fmt.Errorf("patch operation %d (%s): %w", i, o.name, err)
		}
	}
	return d.with(root), nil
}

// operation is one step of a patch.
type operation struct {
	name       string
	path, from []string
	value      node
}

// apply does the operation. count is a bound on the values in the tree; it
// keeps copies of copies within what a text could hold.
func (o *operation) apply(root node, count *int) (node, error) {
	value := o.value
	var err error
	switch o.name {
	case "move", "copy":
		if value, err = find(root, o.from); err != nil {
			return root, err
		}
	case "replace", "test":
		if value, err = find(root, o.path); err != nil {
			return root, err
		}
	}
	switch o.name {
	case "test":
		if !equal(&value, &o.value) {
			return root, fmt.Errorf("%q: %w: the value is another", joinPointer(o.path), ErrTestFailed)
		}
		return root, nil
	case "remove":
		return remove(root, o.path)
	case "move":
		if slices.Equal(o.from, o.path) {
			return root, nil
		}
		if len(o.from) < len(o.path) && slices.Equal(o.from, o.path[:len(o.from)]) {
			return root, &PointerError{joinPointer(o.path), "a value cannot be moved into itself"}
		}
		if root, err = remove(root, o.from); err != nil {
			return root, err
		}
		return add(root, o.path, value)
	}
	if o.name != "copy" {
		value = o.value
	}
	if *count += countNodes(&value); *count > maxNodes {
		return root, &PointerError{joinPointer(o.path), tooManyValues}
	}
	if o.name == "replace" && len(o.path) > 0 {
		return put(root, o.path, value)
	}
	return add(root, o.path, value)
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
