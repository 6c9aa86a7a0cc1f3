// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/history"
	"kresd-manager/units"
)

// A change that must be confirmed is a promise to go back: it is on disk before
// the change begins, so that nothing that ends the manager ends the promise.
// Later changes may come before it is kept; going back undoes them as well. A
// second change that must be confirmed is refused meanwhile.

// Times of the wait for somebody to confirm.
const (
	// The wait is looked at again after a while, because a suspended machine
	// stops the clock that timers go by.
	confirmLook = 30 * time.Second
	// A return that failed is tried again.
	confirmRetry = 10 * time.Second
)

// recallPromise learns what an earlier manager promised.
func (m *Manager) recallPromise() {
	p, err := m.past().Promised()
	if err != nil {
		m.o.Log.Error(err.Error())
	}
	m.promise.Store(p)
}

// waiting reports whether a change has to be confirmed.
func (m *Manager) waiting() bool { return m.promise.Load().Waiting() != nil }

// makePromise writes down where to go back to, before a change begins.
func (m *Manager) makePromise(cur, next *snapshot, c change) error {
	if c.ConfirmWithin <= 0 {
		return nil
	}
	if w := m.promise.Load().Waiting(); w != nil {
		return &units.WaitingError{Waiting: *w}
	}
	if next.running.ETag() == cur.running.ETag() {
		return nil
	}
	now := wallClock()
	p := &history.Pending{
		Began: now, By: now.Add(c.ConfirmWithin), ETag: cur.running.ETag(), Text: cur.running.JSON(),
	}
	if e := m.past().Applied(); e.ETag == p.ETag {
		p.ReturnTo = e.ID
	}
	if c.fromFile {
		p.FileETag = next.fileETag
	}
	if err := m.past().Promise(p); err != nil {
		return fmt.Errorf("cannot promise to undo the change unless it is confirmed: %w", err)
	}
	m.promised = p
	return nil
}

// breakPromise forgets what was promised for a change that failed.
func (m *Manager) breakPromise() {
	if m.promised == nil {
		return
	}
	m.promised = nil
	m.keepPromise(m.promise.Load())
}

// keepPromise writes down that p is what is promised now; nil is nothing.
func (m *Manager) keepPromise(p *history.Pending) {
	m.promise.Store(p)
	var err error
	if p == nil {
		err = m.past().Release()
	} else {
		err = m.past().Promise(p)
	}
	if err != nil {
		m.o.Log.Error("cannot note whether a change waits to be confirmed", "error", err)
	}
	m.watchPromise()
}

// settlePromise runs after each change: the time to confirm begins, or nothing
// is left to be undone.
func (m *Manager) settlePromise(next *snapshot, c change, r *units.Report) {
	if p := m.promised; p != nil {
		m.promised = nil
		within := p.By.Sub(p.Began)
		p.Began = wallClock()
		p.By = p.Began.Add(within)
		p.Entry = r.Entry
		r.ConfirmBy = &p.By
		m.past().Amend(r.Entry, func(e *units.Entry) { e.ConfirmBy, e.ReturnTo = &p.By, p.ReturnTo })
		m.noteHistory()
		m.keepPromise(p)
		m.o.Log.Info("the change will be undone unless it is confirmed", "entry", p.Entry, "by", p.By)
		return
	}
	p := m.promise.Load()
	if p == nil {
		return
	}
	changed := *p
	if c.fromFile {
		if p.Undone {
			m.keepPromise(nil) // somebody has looked at the file again
			return
		}
		changed.FileETag = next.fileETag
	}
	switch {
	case next.running.ETag() != p.ETag:
	case changed.FileETag != "" && changed.FileETag != p.ETag:
		changed.Undone = true // a boot must not take the file for what was wanted
	default:
		m.keepPromise(nil)
		return
	}
	if changed.FileETag != p.FileETag || changed.Undone != p.Undone {
		m.keepPromise(&changed)
	}
}

// watchPromise sets the timer for what is promised.
func (m *Manager) watchPromise() {
	p := m.promise.Load()
	if p.Waiting() == nil {
		m.expiry.Stop()
		return
	}
	m.expiry.Reset(max(0, min(p.Left(wallClock()), confirmLook)))
}

// expire goes back if the time to confirm is over.
func (m *Manager) expire(ctx context.Context) {
	p := m.promise.Load()
	if p.Waiting() == nil || m.isStopped() {
		return
	}
	if p.Left(wallClock()) > 0 {
		m.watchPromise()
		return
	}
	if err := m.undo(ctx, p); err != nil {
		m.o.Log.Error("cannot undo the change that nobody confirmed; trying again", "error", err)
		m.expiry.Reset(confirmRetry)
	}
}

// undo goes back to what ran before the change that nobody confirmed.
func (m *Manager) undo(ctx context.Context, p *history.Pending) error {
	m.busy.Store(true)
	defer m.busy.Store(false)
	m.o.Log.Warn("undoing a change that nobody confirmed", "entry", p.Entry, "return-to", p.ReturnTo)
	r, err := m.change(ctx, m.undoing(p, fmt.Sprintf("change %d was not confirmed in time", p.Entry)), time.Now())
	m.tally.count(r, err)
	return err
}

// undoing is the change that keeps a promise.
func (m *Manager) undoing(p *history.Pending, cause string) change {
	return change{
		Change: units.Change{
			Cause: cause,
			Asked: units.Asked{Who: units.Who{Via: units.ViaTimer}},
			Edit:  func(*config.Document) (*config.Document, error) { return p.Document() },
		},
		undo:     true,
		tolerant: true,
		returnTo: p.ReturnTo,
	}
}

// Confirm makes the change that waits for it stay, and those that came after
// it. The error is [units.ErrNothingWaits].
func (m *Manager) Confirm(ctx context.Context, who units.Who) (entry units.Entry, err error) {
	derr := m.do(ctx, func(context.Context) {
		p := m.promise.Load()
		if p.Waiting() == nil {
			err = units.ErrNothingWaits
			return
		}
		m.keepPromise(nil)
		now := time.Now()
		entry.ID = p.Entry
		m.past().Amend(p.Entry, func(e *units.Entry) {
			e.Confirmed, e.ConfirmedBy = &now, &who
			entry = *e
		})
		m.o.Log.Info("change confirmed", "entry", p.Entry, "who", who.String(), "reference", who.Request)
		m.noteHistory()
		m.later = append(m.later, m.keepConfirmed)
		m.tellStatus()
	})
	return entry, errors.Join(derr, err)
}

// keepConfirmed lets the next boot begin with what the file says, which had to
// wait until that was confirmed.
func (m *Manager) keepConfirmed() {
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
	m.saveBoot(m.make(cfg))
}

// overdue is the promise that a start must keep: the time to confirm is over,
// or was when the change was undone and the file still has it. It is nil if
// there is none.
func (m *Manager) overdue() *history.Pending {
	p := m.promise.Load()
	if p == nil || !p.Undone && p.Left(wallClock()) > 0 {
		return nil
	}
	return p
}

// startFresh starts without a record of what ran, as after a boot: from the file,
// unless what it holds was to be confirmed and was not.
func (m *Manager) startFresh(ctx context.Context) error {
	if p := m.overdue(); p != nil && p.FileETag != "" {
		file, err := m.read()
		if err != nil || file.ETag() == p.FileETag {
			m.o.Log.Warn("the file holds a change that nobody confirmed; starting with what ran before it", "entry", p.Entry)
			c := m.undoing(p, fmt.Sprintf("start: change %d, which the file holds, was not confirmed in time", p.Entry))
			c.fileETag = p.FileETag
			_, err := m.change(ctx, c, time.Now())
			return err
		}
	}
	if err := m.startFromFile(ctx); err != nil {
		return err
	}
	if p := m.promise.Load(); p.Waiting() != nil && p.FileETag == "" {
		// It was made over the API and is gone by the boot.
		m.o.Log.Warn("a change that nobody had confirmed is undone by the boot", "entry", p.Entry)
		m.keepPromise(nil)
	}
	return nil
}

// startPromise takes care, at the end of a start, of what an earlier manager
// promised.
func (m *Manager) startPromise(ctx context.Context) {
	p := m.promise.Load()
	if p.Waiting() == nil {
		return
	}
	if m.Running().ETag() == p.ETag {
		m.keepPromise(nil) // the end of the manager came before the change did
		return
	}
	m.expire(ctx)
}
