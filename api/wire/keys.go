// SPDX-License-Identifier: Apache-2.0

package wire

import "encoding/json"

// Keys is the answer to who asks what keys of the configuration mean.
type Keys struct {
	// Keys are the ones that were asked for: one by its pointer, or all that fit a
	// search, of which More are left out.
	Keys []Key `json:"keys"`
	More int   `json:"more,omitempty"`
}

// Key is what a key of the configuration means.
type Key struct {
	// Pointer is its place, with * for an index or a free name.
	Pointer string `json:"pointer"`
	// Type is what it takes, as docs/configuration.md explains it, and Words are the
	// words that it takes, as far as it takes words.
	Type  string   `json:"type"`
	Words []string `json:"words,omitempty"`
	// Default is the value without it; Derived says in words what that depends on.
	// Neither is there for a key that is required, or whose absence is a meaning.
	Default  json.RawMessage `json:"default,omitempty"`
	Derived  string          `json:"derived,omitempty"`
	Required bool            `json:"required,omitempty"`
	Doc      string          `json:"doc"`
	// Effect says who acts when it changes: workers, rules, gc, …
	Effect string `json:"effect,omitempty"`
	// Ours tells that Knot Resolver's own manager refuses it.
	Ours   bool `json:"ours,omitempty"`
	Secret bool `json:"secret,omitempty"`
	// Was is where it stood in earlier versions.
	Was []string `json:"was,omitempty"`
	// Keys are those in it, if it is a section.
	Keys []KeyBelow `json:"keys,omitempty"`
}

// KeyBelow is a key in a section.
type KeyBelow struct {
	Pointer string `json:"pointer"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
}
