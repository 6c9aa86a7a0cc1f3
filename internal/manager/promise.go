// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/message"
	"kresd-manager/internal/promise"
	"kresd-manager/units"
)

// The promise, as part of the transition: a change that must be confirmed makes one
// (journal.go), each later one may settle it, and what it goes back to is a transition.
// Later changes may come before it is kept; going back undoes them as well. A second
// change that must be confirmed is refused meanwhile.

// waiting reports whether a change has to be confirmed.
func (m *Manager) waiting() bool { return m.promise.Waiting() != nil }

// settlePromise runs with each commit: the time to confirm begins, or nothing is left
// to be undone.
func (m *Manager) settlePromise(s *step) {
	if m.promise.Made() {
		p, err := m.promise.Begin(s.report.Entry)
		if err != nil {
			m.log(s).Warn("the time to confirm counts from before the change, because its start cannot be recorded", "error", err)
		}
		s.report.ConfirmBy = &p.By
		m.past().Amend(s.report.Entry, func(e *units.Entry) { e.ConfirmBy, e.ReturnTo = &p.By, p.ReturnTo })
		m.noteHistory()
		m.log(s).Info(fmt.Sprintf("change %d is undone at %s unless it is confirmed: kresctl confirm", p.Entry, p.By.Format(time.DateTime)),
			message.About{Kind: message.ChangeWaits}.Attr())
		return
	}
	p := m.promise.Open()
	if p == nil {
		return
	}
	if err := m.promise.Keep(m.left(p, s)); err != nil {
		// It is kept as it was: when its time comes, the manager goes back to what
		// runs already, or to what it should.
		m.log(s).Error("cannot record what remains to be confirmed", "error", err)
	}
}

// left is what is left of a promise with a transition to something else.
func (m *Manager) left(p *promise.Pending, s *step) *promise.Pending {
	changed := *p
	if s.file {
		if p.Undone {
			return nil // someone has looked at the file again
		}
		changed.FileETag = s.next.fileETag
	}
	switch {
	case s.next.running.ETag() != p.ETag:
	case changed.FileETag != "" && changed.FileETag != p.ETag:
		changed.Undone = true // a boot must not take the file for what was wanted
	default:
		return nil
	}
	return &changed
}

// expire goes back if the time to confirm is over.
func (m *Manager) expire(ctx context.Context) {
	if m.isStopped() || !m.promise.Due() {
		return
	}
	p := m.promise.Open()
	m.o.Log.Warn(fmt.Sprintf("change %d is undone, because no one confirmed it in time; going back to change %d", p.Entry, p.ReturnTo),
		message.About{Kind: message.ChangeUndone, Change: p.Entry}.Attr())
	r, err := m.transit(ctx, m.undoing(p, fmt.Sprintf("change %d was not confirmed in time", p.Entry)))
	m.tally.count(r, err)
	if err != nil {
		m.o.Log.Error(fmt.Sprintf("cannot undo change %d, which no one confirmed; trying again", p.Entry), "error", err, message.About{Change: p.Entry}.Attr())
		m.promise.Retry()
	}
}

// undoing is the transition that keeps a promise. One unit that cannot be started does
// not hold it up: whoever made the change may have locked himself out with it.
func (m *Manager) undoing(p *promise.Pending, cause string) *transition {
	return &transition{
		Change: units.Change{
			Cause: cause,
			Asked: units.Asked{Who: units.Who{Via: units.ViaTimer}},
			Edit:  func(*config.Document) (*config.Document, error) { return p.Document() },
		},
		began: time.Now(), back: true, tolerant: true, keeps: true, returnTo: p.ReturnTo, undoes: p.Entry,
	}
}

// Confirm makes the change that waits for it stay, and those that came after
// it. The error is [units.ErrNothingWaits], or why that could not be written down:
// the change waits as before then.
func (m *Manager) Confirm(ctx context.Context, who units.Who) (entry units.Entry, err error) {
	derr := m.do(ctx, func(context.Context) {
		if !m.waiting() {
			err = units.ErrNothingWaits
			return
		}
		id := m.promise.Open().Entry
		if err = m.promise.Keep(nil); err != nil {
			err = fmt.Errorf("cannot write down that change %d is confirmed, so it still waits for that: %w", id, err)
			return
		}
		now := time.Now()
		entry.ID = id
		m.past().Amend(id, func(e *units.Entry) {
			e.Confirmed, e.ConfirmedBy = &now, &who
			entry = *e
		})
		m.o.Log.Info(fmt.Sprintf("change %d is confirmed by %s, and stays", id, who),
			message.About{Kind: message.ChangeConfirmed, Change: id, Request: who.Request}.Attr())
		m.noteHistory()
		m.later = append(m.later, m.bootFromFile)
		m.tellStatus()
	})
	return entry, errors.Join(derr, err)
}

// bootFromFile lets the next boot begin with what the file says, which had to wait
// until that was confirmed.
func (m *Manager) bootFromFile() {
	s := m.current.Load()
	file, err := m.read()
	if err != nil || file.ETag() != s.fileETag || s.refused {
		return // the start after the boot reads it anyway
	}
	cfg, _, err := m.check(file)
	if err != nil {
		m.o.Log.Error("cannot keep the configuration for the next boot", "error", err)
		return
	}
	m.saveBoot(generation.Generation{}, file.Running(cfg))
}

// overdue is the promise that a start must keep: the time to confirm is over,
// or was when the change was undone and the file still has it. It is nil if
// there is none.
func (m *Manager) overdue() *promise.Pending {
	p := m.promise.Open()
	if p == nil || !p.Undone && m.promise.Left() > 0 {
		return nil
	}
	return p
}

// startPromise takes care, at the end of a start, of what an earlier manager
// promised.
func (m *Manager) startPromise(ctx context.Context) {
	p := m.promise.Open()
	if p.Waiting() == nil {
		return
	}
	if m.Running().ETag() == p.ETag { // the end of the manager came before the change did
		if err := m.promise.Keep(nil); err != nil {
			m.o.Log.Error("cannot delete the record of a change that waits to be confirmed and is not in force", "error", err)
		}
		return
	}
	m.expire(ctx)
}
