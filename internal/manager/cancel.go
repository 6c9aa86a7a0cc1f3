// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"

	"kresd-manager/units"
)

// Cancel gives up the change in progress: no further step is begun, a
// policy-loader that is still at work is stopped, and what ran before is
// restored. It returns at once, and false if there is nothing to cancel.
func (m *Manager) Cancel() bool {
	cancel := m.cancel.Swap(nil)
	if cancel == nil {
		return false
	}
	(*cancel)()
	return true
}

// cancelable returns a channel that is closed when the apply that begins now is
// canceled, or its context ends, and a function that ends the possibility.
func (m *Manager) cancelable(ctx context.Context) (<-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(ctx)
	m.cancel.Store(&cancel)
	return ctx.Done(), func() {
		m.cancel.Store(nil)
		cancel()
	}
}

// abandon stops what a canceled step would go on with for long.
func (m *Manager) abandon(ctx context.Context, s units.Step) {
	if s.Kind != units.Load {
		return // at most some seconds, and half a restart is worse than a whole one
	}
	if err := m.o.Systemd.QueueStop(ctx, s.Unit); err != nil {
		m.o.Log.Warn("cannot stop", "unit", s.Unit, "error", err)
	}
}
