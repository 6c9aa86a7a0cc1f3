// SPDX-License-Identifier: Apache-2.0

package config

import "strconv"

// kind is the type of a value in the raw tree: the types of JSON, with
// integers apart from other numbers, because no integer key takes 1.0.
type kind uint8

const (
	null kind = iota
	boolean
	integer
	float
	text
	list
	object
)

// position is a place in the source text; the zero value is "unknown".
type position struct {
	line, column uint32 // from 1, columns in characters
}

// node is one value as its author wrote it. Nodes are shared between documents
// and never change once they are part of one.
type node struct {
	kind kind
	// foreign says that the positions of this value and all below it belong
	// to another text than the document's, and mean nothing here.
	foreign bool
	// file is which of the files of a combined document the positions of this
	// value and all below it belong to, from 1; 0 is that of the value around.
	file uint16
	at   position
	// text is the string itself; a number in a spelling that JSON allows;
	// "true" or "false".
	text string
	// members of an object in the order written, or elements of a list,
	// whose keys are empty.
	members []member
}

// member is a key and its value.
type member struct {
	key   string
	keyAt position
	value node
}

// index is the place of key in an object, -1 if there is none.
func (n *node) index(key string) int {
	for i := range n.members {
		if n.members[i].key == key {
			return i
		}
	}
	return -1
}

// get is the value of key in an object, nil if there is none.
func (n *node) get(key string) *node {
	if n.kind != object {
		return nil
	}
	if i := n.index(key); i >= 0 {
		return &n.members[i].value
	}
	return nil
}

// duplicates calls report for every member whose key stands earlier in the
// object, with the first of that key.
func (n *node) duplicates(report func(m, first *member)) {
	if len(n.members) <= 16 {
		for i := range n.members {
			for j := range i {
				if n.members[i].key == n.members[j].key {
					report(&n.members[i], &n.members[j])
					break
				}
			}
		}
		return
	}
	first := make(map[string]int32, len(n.members)) // maxNodes fits
	for i := range n.members {
		before := len(first)
		j := first[n.members[i].key]
		if first[n.members[i].key] = int32(i); len(first) == before {
			report(&n.members[i], &n.members[j])
			first[n.members[i].key] = j
		}
	}
}

// words is the kind with an article.
func (k kind) words() string {
	return [...]string{"null", "a boolean", "an integer", "a number", "a string", "a list", "an object"}[k]
}

// describe says in words what a value is, for "expected …, found …".
func (n *node) describe() string {
	switch n.kind {
	case null:
		return "null"
	case boolean, integer, float:
		return shorten(n.text)
	case text:
		return strconv.Quote(shorten(n.text))
	case list:
		return "a list"
	default:
		return "an object"
	}
}

// shorten cuts a text that is too long for a message.
func shorten(s string) string {
	return cutText(s, 60)
}

// cutText is shorten with a number of bytes.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}

// place is where in the tree something is: a chain from a value to the root,
// the one place without up. It costs nothing until a pointer has to be printed.
type place struct {
	up    *place
	key   string // of an object member
	index int    // of a list element
	list  bool   // index counts, not key
}

// pointer is the place as RFC 6901 writes it.
func (p *place) pointer() string {
	return string(p.append(nil, false))
}

// pattern is the pointer with "*" for every list index: it names a declaration.
func (p *place) pattern() string {
	return string(p.append(nil, true))
}

func (p *place) append(b []byte, pattern bool) []byte {
	if p.up == nil {
		return b
	}
	b = append(p.up.append(b, pattern), '/')
	switch {
	case p.list && pattern:
		return append(b, '*')
	case p.list:
		return strconv.AppendInt(b, int64(p.index), 10)
	}
	return append(b, escapeToken(p.key)...)
}
