// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"

	"kresd-manager/internal/config/rewrite"
	"kresd-manager/internal/config/tree"
)

// ErrCannotSave means that a configuration file cannot be edited so that it
// says something else and stays the text that its author wrote.
var ErrCannotSave = rewrite.ErrCannot

// Save gives the text of a configuration file edited so that it means exactly
// what a document does, as [rewrite.Edit] does it.
//
// The error is [Problems] if the text is no configuration, or has
// [ErrCannotSave] in its chain.
func Save(source []byte, running *Document) ([]byte, error) {
	old, err := Parse("", source)
	if err != nil {
		return nil, err
	}
	return rewrite.Edit(source, &old.root, &running.root)
}

// SaveFiles is [Save] for a configuration that was combined from several files,
// in their order: each key goes back to the file that it came from, and a new one
// to the first that has the object around it.
func SaveFiles(texts [][]byte, running *Document) ([][]byte, error) {
	docs := make([]*Document, len(texts))
	roots := make([]*tree.Node, len(texts))
	for i, text := range texts {
		var err error
		if docs[i], err = Parse("", text); err != nil {
			return nil, err
		}
		roots[i] = &docs[i].root
	}
	if len(texts) == 1 {
		text, err := Save(texts[0], running)
		return [][]byte{text}, err
	}
	if _, err := Combine(docs...); err != nil {
		return nil, err
	}
	shares := share(&running.root, roots)
	saved := make([][]byte, len(texts))
	for i := range texts {
		part := newDocument("", shares[i])
		var err error
		if saved[i], err = Save(texts[i], part); err != nil {
			return nil, fmt.Errorf("file %d: %w", i+1, err)
		}
		docs[i] = part
	}
	again, err := Combine(docs...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotSave, err)
	}
	if again.ETag() != running.ETag() {
		return nil, fmt.Errorf("%w: the files together would mean something else", ErrCannotSave)
	}
	return saved, nil
}

// share gives each file its part of an object. A file that is nil in was does
// not have the object.
func share(running *tree.Node, was []*tree.Node) []tree.Node {
	parts := make([]tree.Node, len(was))
	first := -1
	for i := range was {
		parts[i].Kind = tree.Object
		if was[i] != nil && first < 0 {
			first = i
		}
	}
	for i := range running.Len() {
		m := running.Member(i)
		below := make([]*tree.Node, len(was))
		count, owner := 0, first
		for f := range was {
			if was[f] == nil {
				continue
			}
			if v := was[f].Get(m.Key); v != nil {
				if count == 0 {
					owner = f
				}
				count++
				below[f] = v
			}
		}
		if count < 2 || m.Value.Kind != tree.Object {
			parts[owner].Append(*m)
			continue
		}
		for f, part := range share(&m.Value, below) {
			if below[f] != nil {
				parts[f].Append(tree.Member{Key: m.Key, Value: part})
			}
		}
	}
	return parts
}
