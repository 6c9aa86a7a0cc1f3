// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"testing"
)

// FuzzSave edits any configuration that can be read. The edit may be refused;
// what comes out means what was asked for.
func FuzzSave(f *testing.F) {
	addProblemFiles(f, "*.yaml")
	addProblemFiles(f, "*.json")
	addProblemFiles(f, "*.toml")
	f.Add(commented)
	f.Add("a: &x {b: [1, *y], c: |+\n  x\n\n}\n")
	f.Add("? a\n: - &y\n    - *y\n  - !!str 5 # c\n...\n")
	f.Add("- [a: b, 'c', {d}]\nx: >2-\n   y\n")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := Parse("", []byte(text))
		if err != nil || len(text) > 1<<12 || doc.root.kind != object {
			return
		}
		for i, running := range someEdits(doc) {
			got, err := Save([]byte(text), running)
			var problems Problems
			if err != nil && !errors.Is(err, ErrCannotSave) && !errors.As(err, &problems) {
				t.Fatalf("%q: edit %d: %v", text, i, err)
			}
			if err != nil {
				continue
			}
			again, err := Parse("", got)
			if err != nil || again.ETag() != running.ETag() {
				t.Fatalf("%q: edit %d gives %q: %v", text, i, got, err)
			}
		}
	})
}

// someEdits makes some edits: something new, and each member removed, replaced by a
// text and by an object, in the first objects and lists.
func someEdits(doc *Document) (docs []*Document) {
	add := func(d *Document, err error) {
		if err == nil && d.root.kind == object {
			docs = append(docs, d)
		}
	}
	value := func(text string) *Document {
		d, err := Parse("", []byte(text))
		if err != nil {
			panic(err)
		}
		return d
	}
	var walk func(n *node, at *place, depth int)
	walk = func(n *node, at *place, depth int) {
		for i := range n.members {
			if i > 3 || depth > 3 {
				break
			}
			here := &place{up: at, key: n.members[i].key, index: i, list: n.kind == list}
			add(doc.Delete(here.pointer()))
			add(doc.Put(here.pointer(), value(`"two\nlines"`)))
			add(doc.Put(here.pointer(), value(`{"zz": [1, {"a": 2}]}`)))
			walk(&n.members[i].value, here, depth+1)
		}
		if n.kind == object || n.kind == list {
			add(doc.Put((&place{up: at, key: "-"}).pointer(), value(`[{"b": null, "c": "x y"}, []]`)))
		}
	}
	walk(&doc.root, &place{}, 0)
	return docs
}
