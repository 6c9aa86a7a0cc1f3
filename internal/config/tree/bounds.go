// SPDX-License-Identifier: Apache-2.0

package tree

import "fmt"

// Bounds on what is read, far above any real configuration and far below what
// could exhaust the machine.
const (
	MaxDepth  = 64      // of nested lists and objects
	MaxNodes  = 1 << 21 // values in a document, aliases expanded
	MaxNumber = 400     // characters of a number
)

// What is said of a text or an edit that exceeds them.
var (
	TooDeep       = fmt.Sprintf("more than %d levels of lists and objects", MaxDepth)
	TooManyValues = fmt.Sprintf("more than %d values", MaxNodes)
)

// CheckDepth keeps edits from nesting deeper than a text may: a value of a depth
// is about to go where tokens lead.
func CheckDepth(tokens []string, depth int) error {
	if len(tokens) > MaxDepth || len(tokens)+depth > MaxDepth {
		return &PointerError{JoinPointer(tokens[:min(len(tokens), MaxDepth)]), TooDeep}
	}
	return nil
}

// Depth is how many lists and objects are nested in a value.
func Depth(n *Node) int {
	if n.Len() == 0 {
		return 0
	}
	deepest := 0
	for _, m := range n.All() {
		if m.Value.Len() > 0 {
			deepest = max(deepest, Depth(&m.Value))
		}
	}
	return deepest + 1
}

// Count is how many values there are in a value, itself among them.
func Count(n *Node) int {
	if n.packed != nil {
		return 1 + n.packed.values()
	}
	count := 1
	for i := range n.members {
		count += Count(&n.members[i].Value)
	}
	return count
}
