// SPDX-License-Identifier: Apache-2.0

package config

import "strings"

// Unset reports whether a pointer (RFC 6901) leads to a declared key that the
// document does not have, such as one whose section is not there, or null. Below a list, or
// an object with free keys, the item must be there: no one has declared it.
func (d *Document) Unset(pointer string) bool {
	if _, err := d.Value(pointer); err == nil {
		return false
	}
	tokens := strings.Split(pointer, "/")
	for _, k := range Keys() {
		if d.declares(k.Pointer, tokens) {
			return true
		}
	}
	return false
}

// declares reports whether tokens fit the place of a key, with items that the
// document has. Names of keys need no escapes.
func (d *Document) declares(pattern string, tokens []string) bool {
	names := strings.Split(pattern, "/")
	if len(names) != len(tokens) {
		return false
	}
	for i, name := range names {
		if name == tokens[i] {
			continue
		}
		if name != "*" {
			return false
		}
		if _, err := d.Value(strings.Join(tokens[:i+1], "/")); err != nil {
			return false
		}
	}
	return true
}
