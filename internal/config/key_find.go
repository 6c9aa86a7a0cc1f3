// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config/tree"
)

// FoundKey is a declared key that a pointer leads to.
type FoundKey struct {
	KeyInfo // zero for the root
	// Tokens are those of the pointer, escaped as there, with * for an index or
	// a name that was left out.
	Tokens []string
}

// FindKey finds the declaration for a pointer (RFC 6901), in which the index of a
// list or a free name may be left out or be *. The error says which key was
// meant, as far as that can be guessed.
func FindKey(pointer string) (FoundKey, error) {
	if pointer == "" {
		return FoundKey{}, nil
	}
	tokens := strings.Split(pointer, "/")[1:]
	for _, info := range Keys() {
		pattern := info.Pattern()
		if full, ok := matchPattern(pattern, tokens); ok {
			return FoundKey{info, full}, nil
		}
		item := tokens[len(tokens)-1]
		if info.Type.Form < KeyList || info.Type.Form != KeyMap && !isIndex(item) {
			continue
		}
		if full, ok := matchPattern(pattern, tokens[:len(tokens)-1]); ok {
			return FoundKey{info, append(full, item)}, nil
		}
	}
	if hint := meantBy(tokens); hint != "" {
		return FoundKey{}, fmt.Errorf("there is no key %s; %s", pointer, hint)
	}
	return FoundKey{}, fmt.Errorf("there is no key %s", pointer)
}

// Pattern is the pointer of the key in tokens, with "*" for a list index or a free
// key.
func (k KeyInfo) Pattern() []string { return strings.Split(k.Pointer, "/")[1:] }

// isIndex says that a token is that of a list's item, or * for all of them.
func isIndex(token string) bool {
	_, err := strconv.ParseUint(token, 10, 32)
	return err == nil || token == "*"
}

// matchPattern fits tokens to the pattern of a key, where any token, or none,
// may stand for a *. It gives the tokens with every * that was left out.
func matchPattern(pattern, tokens []string) ([]string, bool) {
	switch {
	case len(pattern) == 0:
		return nil, len(tokens) == 0
	case pattern[0] == "*":
		if len(tokens) > 0 {
			if rest, ok := matchPattern(pattern[1:], tokens[1:]); ok {
				return append([]string{tokens[0]}, rest...), true
			}
		}
		rest, ok := matchPattern(pattern[1:], tokens)
		return append([]string{"*"}, rest...), ok
	case len(tokens) == 0 || pattern[0] != tokens[0]:
		return nil, false
	}
	rest, ok := matchPattern(pattern[1:], tokens[1:])
	return append([]string{tokens[0]}, rest...), ok
}

// meantBy asks the check of a configuration with that key in it, which knows of
// typing mistakes, of other places and of older names.
func meantBy(tokens []string) string {
	empty := newDocument("", tree.Node{Kind: tree.Object})
	tokens = slices.Clone(tokens)
	for i := range tokens {
		if isIndex(tokens[i]) {
			tokens[i] = "-" // a new item
		}
	}
	doc, err := empty.Put("/"+strings.Join(tokens, "/"), empty)
	if err != nil {
		return ""
	}
	_, problems := doc.Check(Host{CPUs: 1, Hostname: "h", BaseDir: "/"})
	for _, p := range problems {
		if strings.HasPrefix(p.Message, "unknown key") {
			return p.Hint
		}
	}
	return ""
}

// Below lists the declared keys right below the key.
func (k FoundKey) Below() []KeyInfo {
	var keys []KeyInfo
	for _, info := range Keys() {
		section, _ := cutLast(info.Pointer)
		if strings.TrimSuffix(section, "/*") == k.Pointer {
			keys = append(keys, info)
		}
	}
	return keys
}

// Places are the pointers to all values of the key in a document.
func (k FoundKey) Places(d *Document) []string {
	var places []string
	var walk func(n *tree.Node, tokens []string, at *tree.Place)
	walk = func(n *tree.Node, tokens []string, at *tree.Place) {
		if len(tokens) == 0 {
			places = append(places, at.Pointer())
			return
		}
		for i, m := range n.All() {
			here := tree.Place{Up: at, Key: m.Key, Index: i, List: n.Kind == tree.List}
			name := strconv.Itoa(i)
			if n.Kind == tree.Object {
				name = tree.EscapeToken(m.Key)
			}
			if tokens[0] == name || tokens[0] == "*" {
				walk(&m.Value, tokens[1:], &here)
			}
		}
	}
	walk(&d.root, k.Tokens, &tree.Place{})
	return places
}
