// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
	"kresd-manager/internal/promise"
	"kresd-manager/units"
)

// The journal, the third part of a transition: everything that needs room on a disk
// is written before the first step, so that a full one refuses the change and does
// not forget it afterwards, and a manager that finds it at its start knows what the
// one before was about.

// journal writes down a transition that is about to be carried out. Nothing has
// happened if it fails.
func (m *Manager) journal(s *step) (err error) {
	if s.next == s.cur { // a repair leaves all as it is written down
		return nil
	}
	if !s.report.Plan.Empty() || s.next.running.ETag() != s.cur.running.ETag() {
		m.assign(s)
	}
	var fault error
	written := beside(func() {
		if s.gen.Desired.Generation != "" {
			fault = m.o.Store.Write(s.gen)
		}
	})
	s.staged, err = m.stage(s.next)
	if written(); fault != nil {
		s.staged.Drop()
		return fault
	}
	if s.keeps {
		// Whatever comes of it, this is what is wanted from now on. To serve is worth
		// more than to have it on record, which may say the same already.
		if err = errors.Join(err, s.staged.Enact()); err != nil {
			m.log(s).Error("cannot record the running configuration; a crash of the manager may forget it", "error", err)
		}
		s.begun = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot record the change before it begins: %w", err)
	}
	defer func() {
		if err != nil {
			s.staged.Drop()
		}
	}()
	if err := m.makePromise(s); err != nil {
		return err
	}
	if !s.report.Plan.Empty() {
		if err := m.applying.note(applying{Cause: s.Cause, When: s.began, From: s.cur.desired.Generation, To: s.next.desired.Generation}); err != nil {
			return errors.Join(fmt.Errorf("cannot record the change before it begins: %w", err), m.promise.Withdraw())
		}
	}
	return nil
}

// makePromise promises to go back unless someone confirms the change.
func (m *Manager) makePromise(s *step) error {
	etag := s.cur.running.ETag()
	if s.ConfirmWithin <= 0 || s.next.running.ETag() == etag {
		return nil
	}
	back := promise.Pending{ETag: etag, Text: s.cur.running.JSON()}
	if e := m.past().Applied(); e.ETag == etag {
		back.ReturnTo = e.ID
	}
	if s.file {
		back.FileETag = s.next.fileETag
	}
	err := m.promise.Make(back, s.ConfirmWithin)
	var waiting *units.WaitingError
	if err != nil && !errors.As(err, &waiting) {
		return fmt.Errorf("cannot record when to undo the change, so it is not made: %w", err)
	}
	return err
}

// applyingFile reports the change in progress. A manager that finds it at its
// start knows that the one before ended in the middle of it.
const applyingFile = "applying.json"

var applyingFormat = format.File{Format: 1, Advice: "what ran before is restored as far as it is known"}

// applying is a change in progress.
type applying struct {
	Cause string    `json:"cause"`
	When  time.Time `json:"when"`
	From  string    `json:"from"` // generations
	To    string    `json:"to"`
}

// applyingIn is that file.
type applyingIn struct {
	path string
	log  *slog.Logger
}

// note records what is about to be done. Nothing has happened if it fails.
func (f applyingIn) note(a applying) error {
	b, err := applyingFormat.Encode(a)
	if err != nil {
		return err
	}
	return durable.Write(f.path, b, 0o600)
}

// forget notes that the change has come to its end, one way or the other.
func (f applyingIn) forget() {
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Warn("cannot delete the record of the change in progress", "error", err)
	}
}

// left returns the change that the manager before this one did not bring to an end,
// or this one, nil if there is none.
func (f applyingIn) left() *applying {
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var a applying
	if err == nil {
		err = applyingFormat.Decode(b, &a)
	}
	if err != nil {
		f.log.Warn("cannot tell which change was in progress", "error", err)
		a.Cause = "a change"
	}
	return &a
}
