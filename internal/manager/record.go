// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
)

// The record, a part of the journal: what a manager leaves to the next one.

// recordFile is in the manager's runtime directory, so that it is gone after a
// boot: the file is the truth then.
const recordFile = "running.json"

var recordFormat = format.File{Format: 1, Advice: "the configuration file counts; to keep what was changed since it was read, install that version again"}

// record is what a manager leaves to the next one: the configuration that runs
// and how it differs from the file.
type record struct {
	File       string          `json:"file"`
	FileETag   string          `json:"file-etag"`
	Generation string          `json:"generation"`
	Document   json.RawMessage `json:"document,omitempty"`
	// Down says why the manager took the resolver down, "" if it did not.
	Down string `json:"down,omitempty"`
	// Next is the number that no change has yet; the history does not have all of them.
	Next int `json:"next-change,omitempty"`
	// Clean means that the manager ended in an orderly way.
	Clean bool `json:"clean"`
	// Idle means that it did so because it was not needed.
	Idle bool `json:"idle,omitempty"`
	// Again means that it did so to be started again.
	Again bool `json:"again,omitempty"`
}

func (m *Manager) recordPath() string { return filepath.Join(m.o.Store.Root, recordFile) }

// record notes that s runs.
func (m *Manager) record(s *snapshot, clean bool) error {
	write, err := m.recordOf(s, clean)
	if err != nil {
		return err
	}
	return durable.WriteFrom(m.recordPath(), write, 0o600)
}

// recordOf returns what writes the record of s. The document, which may be large, comes last,
// and has no other place in memory than its own.
func (m *Manager) recordOf(s *snapshot, clean bool) (write func(io.Writer) (int64, error), err error) {
	b, err := recordFormat.Encode(record{
		File:       m.file(),
		FileETag:   s.fileETag,
		Generation: s.desired.Generation,
		Down:       s.down,
		Next:       m.past().Next(),
		Clean:      clean,
		Idle:       m.endsIdle,
		Again:      m.endsAgain,
	})
	if err != nil {
		return nil, err
	}
	head := append(bytes.TrimSuffix(b, []byte("}\n")), `,"document":`...)
	return func(w io.Writer) (n int64, err error) {
		for _, part := range []io.WriterTo{bytes.NewReader(head), s.running.Document, strings.NewReader("}\n")} {
			m, err := part.WriteTo(w)
			if n += m; err != nil {
				return n, err
			}
		}
		return n, nil
	}, nil
}

// stage writes a record down beside the one in force: from the moment that it is
// enacted the next manager comes back to it.
func (m *Manager) stage(s *snapshot) (*durable.Staged, error) {
	write, err := m.recordOf(s, false)
	if err != nil {
		return nil, err
	}
	return durable.StageFrom(m.recordPath(), write, 0o600)
}

// recorded returns what the previous manager left; ok is false if there is
// nothing that can be used.
func (m *Manager) recorded() (s *snapshot, clean, ok bool) {
	b, err := os.ReadFile(m.recordPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, false
	}
	var r record
	if err == nil {
		err = recordFormat.Decode(b, &r)
	}
	if err == nil && r.File != m.file() {
		err = fmt.Errorf("it belongs to configuration file %s", r.File)
	}
	m.past().Skip(r.Next)
	s = &snapshot{fileETag: r.FileETag, down: r.Down}
	if err == nil {
		var doc *config.Document
		doc, err = config.Parse("running configuration", r.Document)
		s.running = unlearned(doc)
	}
	if err == nil {
		s.desired, err = m.o.Store.Load(r.Generation)
	}
	if err != nil {
		m.o.Log.Warn("cannot use what the previous manager left", "error", err)
		return nil, false, false
	}
	s.hidden = m.o.Sandbox.Check(s.running.Document)
	m.resumes = r.Idle && m.o.Woken || r.Again
	return s, r.Clean, true
}
