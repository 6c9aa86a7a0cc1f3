// SPDX-License-Identifier: Apache-2.0

package tree

import "strconv"

// Kind is the type of a value in the raw tree: the types of JSON, with
// integers apart from other numbers, because no integer key takes 1.0.
type Kind uint8

// Kinds.
const (
	Null Kind = iota
	Boolean
	Integer
	Float
	Text
	List
	Object
)

// Position is a place in the source text; the zero value is "unknown".
type Position struct {
	Line, Column uint32 // from 1, columns in characters
}

// Node is one value as its author wrote it. Nodes are shared between documents
// and never change once they are part of one.
type Node struct {
	Kind Kind
	// Foreign says that the positions of this value and all below it belong
	// to another text than the document's, and mean nothing here.
	Foreign bool
	// File is which of the files of a combined document the positions of this
	// value and all below it belong to, from 1; 0 is that of the value around.
	File uint16
	At   Position
	// Text is the string itself; a number in a spelling that JSON allows;
	// "true" or "false".
	Text string
	// members are those of a list or an object, nil where packed has them.
	members []Member
	packed  *packed
}

// Member is a key and its value.
type Member struct {
	Key   string
	KeyAt Position
	Value Node
}

// index is the place of key in an object, -1 if there is none.
func (n *Node) index(key string) int {
	for i, m := range n.All() {
		if m.Key == key {
			return i
		}
	}
	return -1
}

// Get is the value of key in an object, nil if there is none.
func (n *Node) Get(key string) *Node {
	if n.Kind != Object {
		return nil
	}
	if i := n.index(key); i >= 0 {
		return &n.Member(i).Value
	}
	return nil
}

// Duplicates calls report for every member whose key stands earlier in the
// object, with the first of that key.
func (n *Node) Duplicates(report func(m, first *Member)) {
	if n.Len() <= 16 {
		members := n.Members()
		for i := range members {
			for j := range i {
				if members[i].Key == members[j].Key {
					report(&members[i], &members[j])
					break
				}
			}
		}
		return
	}
	if n.Len() >= atOnce && !n.doubtful() {
		return
	}
	seen := newKeySet(n, n.Len())
	for i, m := range n.All() {
		if first, again := seen.add(i, m.Key); again {
			report(m, n.Member(first))
		}
	}
}

// words is the kind with an article.
func (k Kind) words() string {
	return [...]string{"null", "a boolean", "an integer", "a number", "a string", "a list", "an object"}[k]
}

// Describe says in words what a value is, for "expected …, found …".
func (n *Node) Describe() string {
	switch n.Kind {
	case Null:
		return "null"
	case Boolean, Integer, Float:
		return Shorten(n.Text)
	case Text:
		return strconv.Quote(Shorten(n.Text))
	case List:
		return "a list"
	default:
		return "an object"
	}
}

// Shorten cuts a text that is too long for a message.
func Shorten(s string) string {
	return CutText(s, 60)
}

// CutText is [Shorten] with a number of bytes.
func CutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}

// StringOrInteger is the text of a value that may be a string or an integer.
func (n *Node) StringOrInteger() string {
	if n.Text == "-0" && n.Kind == Integer {
		return "0"
	}
	return n.Text
}

// IsNumber says that a value is a number of either kind.
func (n *Node) IsNumber() bool { return n.Kind == Integer || n.Kind == Float }
