// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SplitPointer gives the reference tokens of a JSON pointer (RFC 6901), with
// their escapes undone.
func SplitPointer(pointer string) ([]string, error) {
	if pointer == "" {
		return nil, nil
	}
	if pointer[0] != '/' {
		return nil, &PointerError{pointer, "a pointer is empty or starts with /"}
	}
	tokens := strings.Split(pointer[1:], "/")
	for i, token := range tokens {
		if !strings.Contains(token, "~") {
			continue
		}
		for j := range len(token) {
			if token[j] == '~' && (j+1 == len(token) || token[j+1] != '0' && token[j+1] != '1') {
				return nil, &PointerError{pointer, "~ is followed by 0 or 1 in a pointer"}
			}
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

// JoinPointer is the reverse of [SplitPointer].
func JoinPointer(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(EscapeToken(token))
	}
	return b.String()
}

// EscapeToken writes a key as one token of a pointer (RFC 6901 section 3).
func EscapeToken(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// ListIndex reads a token as the index of a list element (RFC 6901 section 4:
// no sign, no leading zero). "-" is the place after the last element.
func ListIndex(token string, length int) (int, error) {
	if token == "-" {
		return length, nil
	}
	i, err := strconv.Atoi(token)
	if err != nil || strconv.Itoa(i) != token || i < 0 {
		if err != nil && strings.Trim(token, "0123456789") == "" && token != "" && token[0] != '0' {
			return 0, ErrNotFound // a number beyond every list
		}
		return 0, fmt.Errorf("%q is not an index of a list", token)
	}
	if i > length {
		return 0, ErrNotFound
	}
	return i, nil
}

// Step finds the member of n that a token names. The index is the length for
// the key of an object that is not there and for the place after a list.
func Step(n *Node, token string) (int, error) {
	switch n.Kind {
	case Object:
		if i := n.index(token); i >= 0 {
			return i, nil
		}
		return n.Len(), nil
	case List:
		return ListIndex(token, n.Len())
	default:
		return 0, NothingBelow(n.Kind)
	}
}

// AtPointer names the pointer that err is about. ErrNotFound stays in the
// chain.
func AtPointer(tokens []string, err error) error {
	pointer := JoinPointer(tokens)
	if err == ErrNotFound {
		return fmt.Errorf("%q: %w", pointer, err)
	}
	return &PointerError{pointer, err.Error()}
}

// Find gives the value a pointer leads to.
func Find(n Node, tokens []string) (Node, error) {
	for depth, token := range tokens {
		i, err := Step(&n, token)
		if err == nil && i == n.Len() {
			err = ErrNotFound
		}
		if err != nil {
			return n, AtPointer(tokens[:depth+1], err)
		}
		foreign, file := n.Foreign, n.File
		n = n.Member(i).Value
		n.Foreign = n.Foreign || foreign
		if n.File == 0 {
			n.File = file
		}
	}
	return n, nil
}

// ErrNotFound is in the chain of an error about a pointer that leads nowhere.
var ErrNotFound = errors.New("no such value")

// PointerError is a pointer that is malformed (RFC 6901 section 3) or that
// does not fit the document: a name in a list, anything below a scalar.
type PointerError struct {
	Pointer string
	Message string
}

func (e *PointerError) Error() string {
	return strconv.Quote(e.Pointer) + ": " + e.Message
}

// NothingBelow does not tell the value, which may be secret.
func NothingBelow(k Kind) error {
	return fmt.Errorf("there is nothing below %s", k.words())
}
