// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"slices"
	"time"

	"kresd-manager/units"
)

// Ways to end a transition before its time: someone cancels it, or the manager is
// to end.

// Times of a manager that is to end in the middle of a transition. Together with
// what the executor adds to each they are less than TimeoutStopSec= of the unit.
const (
	// What is nearly done is brought to its end.
	lastChange = 5 * time.Second
	// What ran before is restored, or left to the next manager.
	lastRestore = 5 * time.Second
)

// Cancel gives up a change. One that is in progress, which 0 means, begins no further
// step, what would go on for long is ended, and what ran before is restored. One that
// waits does not begin. It returns at once, with what it has given up, and false if
// there is nothing to cancel.
func (m *Manager) Cancel(id int) (units.ChangeStatus, bool) {
	b := &m.changes
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.now
	if id != 0 && (c == nil || c.ID != id) {
		i := slices.IndexFunc(b.queue, func(c *change) bool { return c.ID == id })
		if i < 0 {
			return units.ChangeStatus{}, false
		}
		c = b.queue[i]
		st := b.show(c)
		b.queue = slices.Delete(b.queue, i, i+1)
		b.end(c, units.Report{Cause: c.Cause, When: c.When}, units.ErrCanceled)
		return st, true
	}
	// Nothing else can take its place while this is locked.
	cancel := m.cancel.Swap(nil)
	if cancel == nil || c == nil {
		return units.ChangeStatus{}, false
	}
	(*cancel)(units.ErrCanceled)
	return b.show(c), true
}

// cancelable returns the context of what begins now: it ends when someone cancels
// that, if anyone may, and a little after the manager is to end, which is when ctx
// does. A manager that is still starting ends at once.
func (m *Manager) cancelable(ctx context.Context, may bool) (context.Context, func()) {
	under, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	if may {
		m.cancel.Store(&cancel)
	}
	left := m.following(ctx, lastChange, cancel)
	return under, func() {
		m.cancel.Store(nil)
		left()
		cancel(nil)
	}
}

// lasting returns the context of what no one may cancel, and which the end of the
// manager cuts short.
func (m *Manager) lasting(ctx context.Context) (context.Context, func()) {
	under, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	left := m.following(ctx, lastRestore, cancel)
	return under, func() {
		left()
		cancel(nil)
	}
}

// following cancels something a while after ctx ends, until it is left.
func (m *Manager) following(ctx context.Context, after time.Duration, cancel context.CancelCauseFunc) (leave func()) {
	why := units.ErrStopping
	if !m.started {
		after, why = 0, units.ErrCanceled
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(after):
			cancel(why)
		case <-done:
		}
	})
	return func() {
		stop()
		close(done)
	}
}
