// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// tree is a JSON value whose members are in order.
type tree struct {
	kind    json.Delim // { or [, 0 for a scalar
	scalar  any        // string, json.Number, bool or nil
	keys    []string   // of an object
	members []tree
}

func readTree(value []byte) (tree, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	return nextTree(d)
}

func nextTree(d *json.Decoder) (t tree, err error) {
	token, err := d.Token()
	if err != nil {
		return t, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return tree{scalar: token}, nil
	}
	t.kind = delim
	for d.More() {
		if delim == '{' {
			key, err := d.Token()
			if err != nil {
				return t, err
			}
			t.keys = append(t.keys, key.(string)) // the only kind of token here
		}
		member, err := nextTree(d)
		if err != nil {
			return t, err
		}
		t.members = append(t.members, member)
	}
	_, err = d.Token()
	return t, err
}

func (t *tree) describe() string {
	switch {
	case t.kind == '[':
		return "a list"
	case t.scalar == nil:
		return "null"
	}
	return fmt.Sprintf("%v", t.scalar)
}
