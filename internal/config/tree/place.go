// SPDX-License-Identifier: Apache-2.0

package tree

import "strconv"

// Place is where in the tree something is: a chain from a value to the root,
// the one place without up. It costs nothing until a pointer has to be printed.
type Place struct {
	Up    *Place
	Key   string // of an object member
	Index int    // of a list element
	List  bool   // index counts, not key
}

// Pointer is the place as RFC 6901 writes it.
func (p *Place) Pointer() string {
	return string(p.append(nil, false))
}

// Pattern is the pointer with "*" for every list index: it names a declaration.
func (p *Place) Pattern() string {
	return string(p.append(nil, true))
}

func (p *Place) append(b []byte, pattern bool) []byte {
	if p.Up == nil {
		return b
	}
	b = append(p.Up.append(b, pattern), '/')
	switch {
	case p.List && pattern:
		return append(b, '*')
	case p.List:
		return strconv.AppendInt(b, int64(p.Index), 10)
	}
	return append(b, EscapeToken(p.Key)...)
}
