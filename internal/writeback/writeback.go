// SPDX-License-Identifier: Apache-2.0

// Package writeback finds out how configuration files have to be edited to say what
// runs. How a text is edited is left to config, and saving it to source.
package writeback

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/source"
	"kresd-manager/internal/verbatim"
	"kresd-manager/units"
)

// Running is what a manager has told.
type Running struct {
	Status units.Status
	// Value is the whole configuration that runs, as JSON, and ETag is its own.
	Value []byte
	ETag  string
	// Text returns the text with which what runs was sent, comments included, if it was
	// made from a file that holds what has this [verbatim.Tag]; "" if there is none. It is
	// asked where there is one file; nil is none.
	Text func(base string) string
}

// Edit is one of the files, as it is and as it is to be.
type Edit struct {
	File          string
	Before, After []byte
	// Sent tells that After is the text with which what runs was sent.
	Sent bool
}

// Changes reports whether there is something to write.
func (e Edit) Changes() bool { return !bytes.Equal(e.Before, e.After) }

// Edits reads the files that the manager is said to read, and returns each as it is to
// be. It refuses other files than those that the manager tells, what was edited since
// the manager read it, unless by force, and a configuration without its secrets.
func Edits(r *source.Reader, files []string, running Running, force bool) ([]Edit, error) {
	if len(running.Status.Files) == 0 {
		return nil, errors.New("the manager does not say which file it reads; save a copy with kresctl config get FILE")
	}
	if err := Same(files, running.Status.Files); err != nil {
		return nil, err
	}
	wanted, err := config.Parse("running configuration", running.Value)
	if err != nil {
		return nil, err
	}
	if wanted.HidesSecrets() {
		return nil, errors.New("the manager hides the secrets of the configuration from you, so you cannot save it; that needs the role configure")
	}
	edits := make([]Edit, len(files))
	texts := make([][]byte, len(files))
	docs := make([]*config.Document, len(files))
	for i, file := range files {
		f, err := r.Read(file)
		if err != nil {
			return nil, err
		}
		edits[i], texts[i], docs[i] = Edit{File: f.Name, Before: f.Text}, f.Text, f.Doc
	}
	combined, err := config.Combine(docs...)
	if err != nil {
		return nil, err
	}
	names := strings.Join(files, " + ")
	if !force && combined.ETag() != running.Status.FileETag && combined.ETag() != running.ETag {
		return nil, fmt.Errorf("%s was edited since the manager read it; apply that with kresctl reload, or write over it with --force", names)
	}
	if after := sent(running, texts, wanted); after != nil {
		edits[0].After, edits[0].Sent = after, true
		return edits, nil
	}
	saved, err := config.SaveFiles(texts, wanted)
	if err != nil {
		return nil, fmt.Errorf("cannot save in %s: %w", names, err)
	}
	for i := range edits {
		edits[i].After = saved[i]
	}
	return edits, nil
}

// sent is the text with which what runs was sent, if it can take the place of the only file:
// it says what runs, is in the same language, and was made from what the file still holds. What
// someone else has written there since is not lost for it.
func sent(running Running, texts [][]byte, wanted *config.Document) []byte {
	if running.Text == nil || len(texts) != 1 {
		return nil
	}
	after := []byte(running.Text(verbatim.Tag(texts[0])))
	if len(after) == 0 || text.Detect(after) != text.Detect(texts[0]) {
		return nil
	}
	if doc, err := config.Parse("", after); err != nil || doc.ETag() != wanted.ETag() {
		return nil
	}
	return after
}
