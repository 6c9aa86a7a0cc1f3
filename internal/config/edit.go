// SPDX-License-Identifier: Apache-2.0

package config

// Put gives the document with value at pointer (RFC 6901): an object member is
// added or replaced, a list element replaced, "-" appended to a list, and for
// the empty pointer the result is value itself. Objects that are missing on the way are
// made; before "-" it is a list. The error is a *[PointerError], or has
// [ErrNotFound] in its chain.
func (d *Document) Put(pointer string, value *Document) (*Document, error) {
	tokens, err := splitPointer(pointer)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return value, nil
	}
	v := value.root
	v.foreign = true
	root, err := put(d.root, tokens, v)
	if err != nil {
		return nil, err
	}
	if countNodes(&root) > maxNodes {
		return nil, &PointerError{pointer, tooManyValues}
	}
	return d.with(root), nil
}

// Delete gives the document without the object member or list element at
// pointer; for the empty pointer it is {}. Errors are as those of [Document.Put].
func (d *Document) Delete(pointer string) (*Document, error) {
	tokens, err := splitPointer(pointer)
	if err != nil {
		return nil, err
	}
	root, err := remove(d.root, tokens)
	if err != nil {
		return nil, err
	}
	return d.with(root), nil
}

// rewrite walks to the parent of what tokens name and replaces it by what
// change makes of it, copying the chain of values on the way and nothing else.
// missing makes a parent that is not there; nil refuses.
func rewrite(n node, tokens []string, depth int, missing func(next string) node,
	change func(parent node, token string) (node, error)) (node, error) {
	token := tokens[depth]
	if depth == len(tokens)-1 {
		changed, err := change(n, token)
		if err != nil {
			return n, pointerError(tokens, err)
		}
		return changed, nil
	}
	i, err := step(&n, token)
	if err == nil && i == len(n.members) && (missing == nil || n.kind == list && token != "-") {
		err = ErrNotFound
	}
	if err != nil {
		return n, pointerError(tokens[:depth+1], err)
	}
	var child node
	if i < len(n.members) {
		child = n.members[i].value
	} else {
		child = missing(tokens[depth+1])
	}
	child, err = rewrite(child, tokens, depth+1, missing, change)
	if err != nil {
		return n, err
	}
	return n.with(i, token, child), nil
}

// with is n with value as its member i; a member is added if i is the length.
func (n node) with(i int, key string, value node) node {
	members := make([]member, len(n.members), max(len(n.members), i+1))
	copy(members, n.members)
	if i == len(members) {
		if n.kind == list {
			key = ""
		}
		members = append(members, member{key: key})
	}
	members[i].value = value
	n.members = members
	return n
}

// put is the operation of [Document.Put] on a tree.
func put(n node, tokens []string, value node) (node, error) {
	if err := checkDepth(tokens, depthOf(&value)); err != nil {
		return n, err
	}
	missing := func(next string) node {
		if next == "-" {
			return node{kind: list}
		}
		return node{kind: object}
	}
	return rewrite(n, tokens, 0, missing, func(parent node, token string) (node, error) {
		i, err := step(&parent, token)
		if err == nil && parent.kind == list && i == len(parent.members) && token != "-" {
			err = ErrNotFound
		}
		if err != nil {
			return parent, err
		}
		return parent.with(i, token, value), nil
	})
}

// remove is the operation of [Document.Delete] on a tree; the root becomes {}.
func remove(n node, tokens []string) (node, error) {
	if len(tokens) == 0 {
		return node{kind: object}, nil
	}
	return rewrite(n, tokens, 0, nil, func(parent node, token string) (node, error) {
		i, err := step(&parent, token)
		if err == nil && i == len(parent.members) {
			err = ErrNotFound
		}
		if err != nil {
			return parent, err
		}
		members := make([]member, 0, len(parent.members)-1)
		parent.members = append(append(members, parent.members[:i]...), parent.members[i+1:]...)
		return parent, nil
	})
}

// checkDepth keeps edits from nesting deeper than a text may: a value of a depth
// is about to go where tokens lead.
func checkDepth(tokens []string, depth int) error {
	if len(tokens) > maxDepth || len(tokens)+depth > maxDepth {
		return &PointerError{joinPointer(tokens[:min(len(tokens), maxDepth)]), tooDeep}
	}
	return nil
}

// depthOf is how many lists and objects are nested in a value.
func depthOf(n *node) int {
	deepest := 0
	for i := range n.members {
		if len(n.members[i].value.members) > 0 {
			deepest = max(deepest, depthOf(&n.members[i].value))
		}
	}
	if len(n.members) == 0 {
		return 0
	}
	return deepest + 1
}

// countNodes is how many values there are in a value, itself among them.
func countNodes(n *node) int {
	count := 1
	for i := range n.members {
		count += countNodes(&n.members[i].value)
	}
	return count
}
