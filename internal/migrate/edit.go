// SPDX-License-Identifier: Apache-2.0

package migrate

import "strings"

// verb is the kind of an edit.
type verb uint8

const (
	remove  verb = iota // the key at pointer
	move                // the key at pointer to the place in value
	enable              // give the section at pointer the key enable, the value true or false
	replace             // the text at pointer by that in value
)

// edit is one change of the tree. A list of edits is found out once and then
// carried out on every form that the configuration has.
type edit struct {
	verb    verb
	pointer string
	value   string
	why     string
}

// String is what people are told.
func (e edit) String() string {
	var s string
	switch e.verb {
	case remove:
		s = "removed " + e.pointer
	case move:
		s = "renamed " + e.pointer + " → " + e.value
	case enable:
		s = "added " + e.pointer + "/enable: " + e.value
	case replace:
		s = "changed " + e.pointer + ": " + e.value
	}
	if e.why != "" {
		s += " (" + e.why + ")"
	}
	return s
}

// split gives the keys of a pointer; none of the tables needs an escape.
func split(pointer string) []string {
	if pointer == "" {
		return nil
	}
	return strings.Split(pointer, "/")[1:]
}

func last(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

func parent(pointer string) string { return pointer[:strings.LastIndexByte(pointer, '/')] }
