// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
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
	root, err := tree.Patch(d.root, operations)
	if err != nil {
		return nil, err
	}
	return d.with(root), nil
}

// parsePatch reads the list of operations. Members that RFC 6902 does not
// define are ignored, as its section 3 asks.
func parsePatch(patch []byte) (operations []tree.Operation, problems tree.Problems) {
	var found tree.Findings
	root, problems := text.Read(text.JSON, patch)
	if len(problems) > 0 {
		found.Problems = problems
		return nil, found.In("patch")
	}
	if root.Kind != tree.List {
		found.Add(tree.Tokens(nil), root.At, tree.SeverityError, "a patch is a list of operations, found "+root.Describe(), "")
		return nil, found.In("patch")
	}
	for i := range root.Len() {
		n, at := &root.Member(i).Value, tree.Tokens{strconv.Itoa(i)}
		if n.Kind != tree.Object {
			found.Add(at, n.At, tree.SeverityError, "an operation is an object, found "+n.Describe(), "")
			continue
		}
		o, message := parseOperation(n)
		if message != "" {
			found.Add(at, n.At, tree.SeverityError, message, "")
		}
		operations = append(operations, o)
	}
	return operations, found.In("patch")
}

func parseOperation(n *tree.Node) (o tree.Operation, message string) {
	word := func(key string) (string, error) {
		v := n.Get(key)
		if v == nil {
			return "", fmt.Errorf("an operation needs %q", key)
		}
		if v.Kind != tree.Text {
			return "", fmt.Errorf("%q is a string, found %s", key, v.Describe())
		}
		return v.Text, nil
	}
	path := func(key string) ([]string, error) {
		pointer, err := word(key)
		if err != nil {
			return nil, err
		}
		return tree.SplitPointer(pointer)
	}
	var errs []error
	fail := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	o.Name, err = word("op")
	fail(err)
	o.Path, err = path("path")
	fail(err)
	switch o.Name {
	case "add", "replace", "test":
		if v := n.Get("value"); v != nil {
			o.Value = *v
			o.Value.Foreign = true
		} else {
			fail(errors.New(`an operation needs "value"`))
		}
	case "move", "copy":
		o.From, err = path("from")
		fail(err)
	case "remove", "":
	default:
		fail(fmt.Errorf("%q is not an operation; there are add, remove, replace, move, copy and test", tree.Shorten(o.Name)))
	}
	if err := errors.Join(errs...); err != nil {
		return o, strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return o, ""
}
