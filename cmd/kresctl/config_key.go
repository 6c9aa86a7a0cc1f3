// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config"
)

// foundKey is a declared key that a pointer leads to.
type foundKey struct {
	info config.KeyInfo // zero for the root
	// tokens are those of the pointer, escaped as there, with * for an index or
	// a name that was left out.
	tokens []string
}

// findKey finds the declaration for a pointer. The error says which key was
// meant, as far as that can be guessed.
func findKey(pointer string) (foundKey, error) {
	if pointer == "" {
		return foundKey{}, nil
	}
	tokens := strings.Split(pointer, "/")[1:]
	for _, info := range config.Keys() {
		pattern := strings.Split(info.Pointer, "/")[1:]
		if full, ok := matchTokens(pattern, tokens); ok {
			return foundKey{info: info, tokens: full}, nil
		}
		item := tokens[len(tokens)-1]
		if !holdsItems(info.Type) || !isIndex(item) && !strings.HasPrefix(info.Type, "map<") {
			continue
		}
		if full, ok := matchTokens(pattern, tokens[:len(tokens)-1]); ok {
			return foundKey{info: info, tokens: append(full, item)}, nil
		}
	}
	if hint := guess(tokens); hint != "" {
		return foundKey{}, fmt.Errorf("there is no key %s; %s", pointer, hint)
	}
	return foundKey{}, fmt.Errorf("there is no key %s", pointer)
}

func holdsItems(keyType string) bool {
	return strings.HasPrefix(keyType, "list") || strings.HasPrefix(keyType, "one-or-list") || strings.HasPrefix(keyType, "map<")
}

func isIndex(token string) bool {
	_, err := strconv.ParseUint(token, 10, 32)
	return err == nil || token == "*"
}

// matchTokens fits tokens to the pattern of a key, where any token, or none,
// may stand for a *. It gives the tokens with every * that was left out.
func matchTokens(pattern, tokens []string) ([]string, bool) {
	switch {
	case len(pattern) == 0:
		return nil, len(tokens) == 0
	case pattern[0] == "*":
		if len(tokens) > 0 {
			if rest, ok := matchTokens(pattern[1:], tokens[1:]); ok {
				return append([]string{tokens[0]}, rest...), true
			}
		}
		rest, ok := matchTokens(pattern[1:], tokens)
		return append([]string{"*"}, rest...), ok
	case len(tokens) == 0 || pattern[0] != tokens[0]:
		return nil, false
	}
	rest, ok := matchTokens(pattern[1:], tokens[1:])
	return append([]string{tokens[0]}, rest...), ok
}

// guess asks the check of a configuration with that key in it, which knows of
// typing mistakes, of other places and of older names.
func guess(tokens []string) string {
	doc, err := config.Parse("", []byte("{}"))
	if err != nil { // of this text that is impossible
		panic(err)
	}
	tokens = slices.Clone(tokens)
	for i := range tokens {
		if isIndex(tokens[i]) {
			tokens[i] = "-" // a new item
		}
	}
	doc, err = doc.Put("/"+strings.Join(tokens, "/"), doc)
	if err != nil {
		return ""
	}
	_, problems := doc.Check(config.Host{CPUs: 1, Hostname: "h", BaseDir: "/"})
	for _, p := range problems {
		if strings.HasPrefix(p.Message, "unknown key") {
			return p.Hint
		}
	}
	return ""
}

// below lists the declared keys right below a key.
func (k *foundKey) below() []config.KeyInfo {
	var keys []config.KeyInfo
	for _, info := range config.Keys() {
		section := strings.TrimSuffix(info.Pointer[:strings.LastIndexByte(info.Pointer, '/')], "/*")
		if section == k.info.Pointer {
			keys = append(keys, info)
		}
	}
	return keys
}

// expandTokens gives the pointers to all values in a tree that tokens lead to.
func expandTokens(t tree, tokens []string) []string {
	var places []string
	var walk func(t tree, tokens []string, pointer string)
	walk = func(t tree, tokens []string, pointer string) {
		if len(tokens) == 0 {
			places = append(places, pointer)
			return
		}
		for i := range t.members {
			name := strconv.Itoa(i)
			if t.kind == '{' {
				name = escapeToken(t.keys[i])
			}
			if tokens[0] == name || tokens[0] == "*" {
				walk(t.members[i], tokens[1:], pointer+"/"+name)
			}
		}
	}
	walk(t, tokens, "")
	return places
}
