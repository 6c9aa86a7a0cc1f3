// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"strings"
)

// ErrCannotSave means that a configuration file cannot be edited so that it
// says something else and stays the text that its author wrote.
var ErrCannotSave = errors.New("cannot edit this file")

// Save gives the text of a configuration file edited so that it means exactly
// what a document does. What did not change stays as it is: comments, order,
// quotes, line ends. The format is that of the text. The result has been read
// again and compared.
//
// The error is [Problems] if the text is no configuration, or has
// [ErrCannotSave] in its chain.
func Save(text []byte, running *Document) ([]byte, error) {
	old, err := Parse("", text)
	if err != nil {
		return nil, err
	}
	if old.ETag() == running.ETag() {
		return text, nil
	}
	if running.root.kind != object || old.root.kind != object {
		return nil, fmt.Errorf("%w: a configuration is an object", ErrCannotSave)
	}
	src := strings.TrimPrefix(string(text), byteOrderMark)
	mark := string(text[:len(text)-len(src)])
	var first error
	for _, careful := range []careful{{}, {quote: true}, {unshare: true}, {quote: true, unshare: true}} {
		edited, err := saveText(src, FormatOf(text), old, running, careful)
		if err == nil {
			var again *Document
			again, err = Parse("", []byte(mark+edited))
			if err == nil && again.ETag() == running.ETag() {
				return []byte(mark + edited), nil
			}
			if err == nil {
				err = errors.New("the edited text would mean something else")
			}
		}
		if first == nil {
			first = err
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrCannotSave, first)
}

// careful says what is not to be left as it is: it is tried in turn.
type careful struct {
	quote   bool // a text of several lines may swallow a comment after it
	unshare bool // an alias may stand for something that changes
}

// saveText makes the edits.
func saveText(src, format string, old, running *Document, c careful) (string, error) {
	var layout region
	var err error
	switch format {
	case "json":
		layout = layJSON(src)
	case "toml":
		return saveTOML(src, old, running)
	default:
		layout, err = layYAML(src)
	}
	if err != nil {
		return "", err
	}
	e := newEditor(src, &layout, format == "json")
	e.quote, e.unshare = c.quote, c.unshare
	e.value(&layout, &old.root, &running.root, around{root: true, flow: e.json, column: -e.step})
	return e.apply()
}

// SaveFiles is [Save] for a configuration that was combined from several files,
// in their order: each key goes back to the file that it came from, and a new one
// to the first that has the object around it.
func SaveFiles(texts [][]byte, running *Document) ([][]byte, error) {
	docs := make([]*Document, len(texts))
	roots := make([]*node, len(texts))
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
func share(running *node, was []*node) []node {
	parts := make([]node, len(was))
	first := -1
	for i := range was {
		parts[i].kind = object
		if was[i] != nil && first < 0 {
			first = i
		}
	}
	for i := range running.members {
		m := &running.members[i]
		below := make([]*node, len(was))
		count, owner := 0, first
		for f := range was {
			if was[f] == nil {
				continue
			}
			if v := was[f].get(m.key); v != nil {
				if count == 0 {
					owner = f
				}
				count++
				below[f] = v
			}
		}
		if count < 2 || m.value.kind != object {
			parts[owner].members = append(parts[owner].members, *m)
			continue
		}
		for f, part := range share(&m.value, below) {
			if below[f] != nil {
				parts[f].members = append(parts[f].members, member{key: m.key, value: part})
			}
		}
	}
	return parts
}
