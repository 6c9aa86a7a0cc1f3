// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"testing"

	"kresd-manager/internal/config/tree"
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
		if err != nil || len(text) > 1<<12 || doc.root.Kind != tree.Object {
			return
		}
		for i, running := range someEdits(doc) {
			got, err := Save([]byte(text), running)
			var problems tree.Problems
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
		if err == nil && d.root.Kind == tree.Object {
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
	var walk func(n *tree.Node, at *tree.Place, depth int)
	walk = func(n *tree.Node, at *tree.Place, depth int) {
		for i := range n.Len() {
			if i > 3 || depth > 3 {
				break
			}
			here := &tree.Place{Up: at, Key: n.Key(i), Index: i, List: n.Kind == tree.List}
			add(doc.Delete(here.Pointer()))
			add(doc.Put(here.Pointer(), value(`"two\nlines"`)))
			add(doc.Put(here.Pointer(), value(`{"zz": [1, {"a": 2}]}`)))
			walk(&n.Member(i).Value, here, depth+1)
		}
		if n.Kind == tree.Object || n.Kind == tree.List {
			add(doc.Put((&tree.Place{Up: at, Key: "-"}).Pointer(), value(`[{"b": null, "c": "x y"}, []]`)))
		}
	}
	walk(&doc.root, &tree.Place{}, 0)
	return docs
}
