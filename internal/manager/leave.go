// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
	"kresd-manager/units"
)

// The end, and what the next start makes of it. A restart of the manager starts
// nothing that the administrator has stopped. One that was stopped itself is started
// by someone, who wants all of it, be it that kresd.target was stopped with it.

// stoppedFile is there while the manager is stopped, and not between the two halves of
// a restart, nor after a crash.
const stoppedFile = "stopped.json"

var stoppedFormat = format.File{Format: 1}

func (m *Manager) stoppedPath() string { return filepath.Join(m.o.Store.Root, stoppedFile) }

// leaveTime is how long the end waits for systemd.
const leaveTime = 2 * time.Second

// Leave notes whether this manager was stopped for good. Call it when a signal has
// ended it, before Start has returned; End does it otherwise.
func (m *Manager) Leave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	o, err := m.o.Systemd.ObserveUnit(ctx, units.Manager)
	if err != nil || o.JobType != "stop" {
		return // what is not known counts as a restart
	}
	b, err := stoppedFormat.Encode(struct{}{})
	if err == nil {
		err = durable.Write(m.stoppedPath(), b, 0o600)
	}
	if err != nil {
		m.o.Log.Warn("cannot record that the manager was stopped; if kresd.target is stopped, the next start leaves it so", "error", err)
	}
}

// wasStopped means that the last manager was stopped and someone has started this
// one. A request that wakes it asks for something, and not for that.
func (m *Manager) wasStopped() bool {
	_, err := os.Stat(m.stoppedPath())
	return m.o.Transient || err == nil && !m.o.Woken // no one but us starts transient units
}

// forgetStopped is for a start that has succeeded: one that fails is tried again.
func (m *Manager) forgetStopped() {
	if err := durable.Remove(m.stoppedPath()); err != nil {
		m.o.Log.Warn("cannot delete the record that the manager was stopped", "error", err)
	}
}
