// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"go.yaml.in/yaml/v4"
)

// find gives the place of a key in the mapping around it: mapping.Content[i] is
// the key and the next one the value. The mapping is nil if there is no such
// key.
func find(root *yaml.Node, pointer string) (mapping *yaml.Node, i int) {
	at := root
	for depth, key := range split(pointer) {
		if depth > 0 {
			at = mapping.Content[i+1]
		}
		if mapping, i = member(at, key); mapping == nil {
			return nil, 0
		}
	}
	return mapping, i
}

// value is the value of a key, nil if there is none.
func value(root *yaml.Node, pointer string) *yaml.Node {
	if pointer == "" {
		return root
	}
	mapping, i := find(root, pointer)
	if mapping == nil {
		return nil
	}
	return mapping.Content[i+1]
}

func member(n *yaml.Node, key string) (*yaml.Node, int) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n, i
			}
		}
	}
	return nil, 0
}

func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
}

// expand writes out all aliases, so that an edit in one place does not show in
// another, and says whether there were any. The text was read before: it has no
// alias within its own anchor, and not too many.
func expand(n *yaml.Node) bool {
	found := false
	for i, child := range n.Content {
		if child.Kind == yaml.AliasNode {
			aliased := clone(child.Alias)
			aliased.HeadComment, aliased.LineComment, aliased.FootComment = child.HeadComment, child.LineComment, child.FootComment
			n.Content[i], child, found = aliased, aliased, true
		}
		found = expand(child) || found
	}
	return found
}

func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Anchor, c.Content = "", nil
	for _, child := range n.Content {
		c.Content = append(c.Content, clone(child))
	}
	return &c
}

func dropAnchors(n *yaml.Node) {
	n.Anchor = ""
	for _, child := range n.Content {
		dropAnchors(child)
	}
}
