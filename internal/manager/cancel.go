// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
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

// Cancel gives up the change in progress: no further step is begun, what would go on
// for long is ended, and what ran before is restored. It returns at once, and false if
// there is nothing to cancel.
func (m *Manager) Cancel() bool {
	cancel := m.cancel.Swap(nil)
	if cancel == nil {
		return false
	}
	(*cancel)(units.ErrCanceled)
	return true
}

// cancelable returns the context of what begins now: it ends when someone cancels
// that, if anybody may, and a little after the manager is to end, which is when ctx
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
