// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kresd-manager/internal/durable"
)

// applyingFile tells of the change in progress. A manager that finds it at its
// start knows that the one before ended in the middle of it.
const applyingFile = "applying.json"

// applying is a change in progress.
type applying struct {
	Cause string    `json:"cause"`
	When  time.Time `json:"when"`
	From  string    `json:"from"` // generations
	To    string    `json:"to"`
}

func (m *Manager) applyingPath() string { return filepath.Join(m.o.Store.Root, applyingFile) }

// noteApplying records what is about to be done. Nothing has happened if it fails.
func (m *Manager) noteApplying(a applying) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return durable.Write(m.applyingPath(), b, 0o600)
}

// forgetApplying notes that the change has come to its end, one way or the other.
func (m *Manager) forgetApplying() {
	if err := os.Remove(m.applyingPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.o.Log.Warn("cannot forget the change that was in progress", "error", err)
	}
}

// interrupted returns the change that the manager before this one did not bring
// to an end, nil if there is none.
func (m *Manager) interrupted() *applying {
	b, err := os.ReadFile(m.applyingPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var a applying
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err != nil {
		m.o.Log.Warn("cannot tell which change was in progress", "error", err)
		a.Cause = "a change"
	}
	return &a
}
