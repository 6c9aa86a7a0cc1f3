// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"kresd-manager/internal/carry"
	"kresd-manager/units"
)

// The stop: the plan to nothing, after which no transition is taken on.

// Stop stops every worker and all that belongs to them, and then closes the
// channel that Stopped returns, upon which the manager ends. The API socket
// goes away, too: otherwise the next request would start everything again.
func (m *Manager) Stop(ctx context.Context) (err error) {
	if derr := m.do(ctx, func(ctx context.Context) { err = m.stopAll(ctx) }); derr != nil && !m.isStopped() {
		return derr
	}
	return err
}

func (m *Manager) stopAll(ctx context.Context) (err error) {
	select {
	case <-m.stopped:
		return nil
	default:
	}
	live, err := m.o.Systemd.Observe(ctx, units.Scope{})
	if err != nil {
		return err
	}
	t := &transition{Change: units.Change{Cause: "stop"}, began: time.Now()}
	m.changes.begin(t)
	defer func() { m.changes.finish(t, units.Report{Cause: t.Cause, When: t.began}, err, m.Running().ETag()) }()
	under, end := m.cancelable(ctx, true)
	defer end()
	if err := m.carry(under, units.Diff(units.Desired{}, live, units.Options{}), units.Desired{}, carry.Mode{}, true); err != nil {
		return err
	}
	for _, unit := range []string{units.Target, units.Socket} {
		if err := m.o.Systemd.QueueStop(ctx, unit); err != nil {
			m.o.Log.Warn("cannot stop", "unit", unit, "error", err)
		}
	}
	if err := os.Remove(m.recordPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.o.Log.Warn("cannot delete the record of the running configuration", "error", err)
	}
	m.o.Log.Info("stopped")
	close(m.stopped)
	return nil
}

// Hangup is what SIGHUP asks for: Reload, with the notifications that
// Type=notify services send around it (sd_notify(3)). RELOADING and its time
// must be in one datagram.
func (m *Manager) Hangup(ctx context.Context, monotonic time.Duration) {
	m.o.Notify(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", monotonic.Microseconds()))
	// The failure is logged and shown by status; READY tells only that the
	// manager is back at work.
	_, _ = m.Reload(ctx, units.Again{Asked: units.Asked{Who: units.Who{Via: units.ViaSignal}}})
	m.o.Notify("READY=1")
	m.tellStatus()
}
