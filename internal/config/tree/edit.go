// SPDX-License-Identifier: Apache-2.0

package tree

// rewrite walks to the parent of what tokens name and replaces it by what
// change makes of it, copying the chain of values on the way and nothing else.
// missing makes a parent that is not there; nil refuses.
func rewrite(n Node, tokens []string, depth int, missing func(next string) Node,
	change func(parent Node, token string) (Node, error)) (Node, error) {
	token := tokens[depth]
	if depth == len(tokens)-1 {
		changed, err := change(n, token)
		if err != nil {
			return n, AtPointer(tokens, err)
		}
		return changed, nil
	}
	i, err := Step(&n, token)
	if err == nil && i == n.Len() && (missing == nil || n.Kind == List && token != "-") {
		err = ErrNotFound
	}
	if err != nil {
		return n, AtPointer(tokens[:depth+1], err)
	}
	var child Node
	if i < n.Len() {
		child = n.Member(i).Value
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
func (n Node) with(i int, key string, value Node) Node {
	members := n.Members()
	if n.packed == nil { // else they were just made
		members = make([]Member, n.Len(), max(n.Len(), i+1))
		copy(members, n.members)
	}
	if i == len(members) {
		if n.Kind == List {
			key = ""
		}
		members = append(members, Member{Key: key})
	}
	members[i].Value = value
	n.SetMembers(members)
	return n
}

// Put gives a tree with another value where tokens lead: an object member is added
// or replaced, a list element replaced, "-" appended to a list. Objects that are
// missing on the way are made; before "-" it is a list. Neither tree is changed:
// they share what stays. The error is a *[PointerError], or has [ErrNotFound] in
// its chain.
func Put(n Node, tokens []string, value Node) (Node, error) {
	if err := CheckDepth(tokens, Depth(&value)); err != nil {
		return n, err
	}
	missing := func(next string) Node {
		if next == "-" {
			return Node{Kind: List}
		}
		return Node{Kind: Object}
	}
	return rewrite(n, tokens, 0, missing, func(parent Node, token string) (Node, error) {
		i, err := Step(&parent, token)
		if err == nil && parent.Kind == List && i == parent.Len() && token != "-" {
			err = ErrNotFound
		}
		if err != nil {
			return parent, err
		}
		return parent.with(i, token, value), nil
	})
}

// Remove gives a tree without the member that tokens lead to; without the root it
// is {}. Errors are as those of [Put].
func Remove(n Node, tokens []string) (Node, error) {
	if len(tokens) == 0 {
		return Node{Kind: Object}, nil
	}
	return rewrite(n, tokens, 0, nil, func(parent Node, token string) (Node, error) {
		i, err := Step(&parent, token)
		if err == nil && i == parent.Len() {
			err = ErrNotFound
		}
		if err != nil {
			return parent, err
		}
		members := make([]Member, 0, parent.Len()-1)
		parent.SetMembers(append(append(members, parent.Members()[:i]...), parent.Members()[i+1:]...))
		return parent, nil
	})
}
