// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"

	"kresd-manager/internal/config"
)

// locate finds where the value that a pointer leads to stands in its file; the
// Problem has only a place, of which all is zero if it is not known.
//
// It asks the one who knows: a value that is moved to where it is out of
// place keeps its position, and the check reports it there.
func locate(doc *config.Document, pointer string) config.Problem {
	value, err := doc.Value(pointer)
	if err != nil || len(value) == 0 {
		return config.Problem{}
	}
	to := "" // the root, which takes nothing but an object
	if value[0] == '{' {
		to = "/workers" // takes anything but
		if pointer == to {
			return config.Problem{}
		}
	}
	patch, err := json.Marshal([]map[string]string{{"op": "move", "from": pointer, "path": to}})
	if err != nil { // of strings that is impossible
		panic(err)
	}
	moved, err := doc.Patch(patch)
	if err != nil {
		return config.Problem{}
	}
	_, problems := moved.Check(config.Host{CPUs: 1, Hostname: "h", BaseDir: "/"})
	for _, p := range problems {
		if p.Pointer == to && p.Line > 0 {
			return config.Problem{File: p.File, Line: p.Line, Column: p.Column}
		}
	}
	return config.Problem{}
}
