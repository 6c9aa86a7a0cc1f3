// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strconv"
	"strings"
)

// splitPointer gives the reference tokens of a JSON pointer (RFC 6901), with
// their escapes undone.
func splitPointer(pointer string) ([]string, error) {
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
		rest := strings.ReplaceAll(strings.ReplaceAll(token, "~0", ""), "~1", "")
		if strings.Contains(rest, "~") {
			return nil, &PointerError{pointer, "~ is followed by 0 or 1 in a pointer"}
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

// joinPointer is the reverse of splitPointer.
func joinPointer(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(escapeToken(token))
	}
	return b.String()
}

func escapeToken(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// listIndex reads a token as the index of a list element (RFC 6901 section 4:
// no sign, no leading zero). "-" is the place after the last element.
func listIndex(token string, length int) (int, error) {
	if token == "-" {
		return length, nil
	}
	i, err := strconv.Atoi(token)
	if err != nil || strconv.Itoa(i) != token || i < 0 {
		if err != nil && strings.Trim(token, "0123456789") == "" && token != "" && token[0] != '0' {
			return 0, ErrNotFound // a number beyond every list
		}
		return 0, fmt.Errorf("%q is no index of a list", token)
	}
	if i > length {
		return 0, ErrNotFound
	}
	return i, nil
}

// step finds the member of n that a token names. The index is the length for
// the key of an object that is not there and for the place after a list.
func step(n *node, token string) (int, error) {
	switch n.kind {
	case object:
		if i := n.index(token); i >= 0 {
			return i, nil
		}
		return len(n.members), nil
	case list:
		return listIndex(token, len(n.members))
	default:
		return 0, nothingBelow(n.kind)
	}
}

// pointerError names the pointer that err is about. ErrNotFound stays in the
// chain.
func pointerError(tokens []string, err error) error {
	pointer := joinPointer(tokens)
	if err == ErrNotFound {
		return fmt.Errorf("%q: %w", pointer, err)
	}
	return &PointerError{pointer, err.Error()}
}

// find gives the value a pointer leads to.
func find(n node, tokens []string) (node, error) {
	for depth, token := range tokens {
		i, err := step(&n, token)
		if err == nil && i == len(n.members) {
			err = ErrNotFound
		}
		if err != nil {
			return n, pointerError(tokens[:depth+1], err)
		}
		foreign, file := n.foreign, n.file
		n = n.members[i].value
		n.foreign = n.foreign || foreign
		if n.file == 0 {
			n.file = file
		}
	}
	return n, nil
}
