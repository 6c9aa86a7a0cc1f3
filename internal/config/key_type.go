// SPDX-License-Identifier: Apache-2.0

package config

import "slices"

// KeyType is what a key takes.
type KeyType struct {
	// Name is the type as declared, which docs/configuration.md explains; "object"
	// for a section.
	Name     string
	Form     KeyForm
	Optional bool // null and absence are fine
	// Grammar is the word that names the grammar of the value or of each item, as
	// rfile or enum; "" for objects.
	Grammar string
	// Text says that the value, or each item, is a text, whatever it looks like; but
	// not one of a few words.
	Text bool
	// Words are the words that the grammar allows, as far as it is made of words.
	Words []string
}

// KeyForm is how a value is composed.
type KeyForm uint8

// Forms of values. Those from KeyList on hold items.
const (
	KeyScalar    KeyForm = iota
	KeyObject            // a section
	KeyList              // of objects, or of what the grammar takes
	KeyOneOrList         // a single item may stand for a list of one
	KeyMap               // an object with free keys
)

func typeOf(s *shape) KeyType {
	t := KeyType{Name: s.name, Optional: s.optional}
	switch s.form {
	case section:
		t.Name, t.Form = "object", KeyObject
		return t
	case listOf:
		t.Form = KeyList
	case oneOrListOf:
		t.Form = KeyOneOrList
	case addressMap, sectionMap:
		t.Form = KeyMap
	}
	for s.elem != nil {
		s = s.elem
	}
	t.Grammar, t.Words = s.grammar.name, s.grammar.words
	switch types := s.grammar.schema["type"].(type) {
	case string:
		t.Text = types == "string"
	case []string:
		t.Text = slices.Contains(types, "string")
	}
	return t
}
