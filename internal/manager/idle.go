// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"slices"
	"time"

	"kresd-manager/units"
)

// Between two transitions: a manager that is started by its socket may end when no one asks it for
// anything. Nothing of what it does between two requests may be missed then.

// IdleExit is after which time without requests and work the running
// configuration wants the manager to end; 0 is never.
func (m *Manager) IdleExit() time.Duration { return m.Running().Management.IdleExit }

// Needed says in words why the manager must not end before someone asks it for
// something again, "" if there is no reason. The next one comes back to what runs
// now if it was woken, see Options.
func (m *Manager) Needed(ctx context.Context) (why string) {
	if m.changes.any() {
		return "a change is in progress"
	}
	if err := m.do(ctx, func(ctx context.Context) { why = m.needed(ctx) }); err != nil {
		return "a change is in progress"
	}
	return why
}

// needed runs in the loop.
func (m *Manager) needed(ctx context.Context) string {
	s := m.current.Load()
	watchful := func(c units.Component) bool { return c.Kind != units.Dispensable }
	switch {
	case m.waiting():
		return "a change waits to be confirmed"
	case s.down != "":
		return "the resolver is down"
	case m.proof.open():
		return "workers have yet to prove that they stay up with the last change"
	case len(s.watched()) > 0:
		return "files are watched: network.tls.watchdog, local-data.rpz[].watchdog"
	case len(m.degraded(s.desired)) > 0:
		return "files of rules are degraded, and tried again"
	case slices.ContainsFunc(s.desired.Components, watchful):
		return "there are core or needed components"
	case len(m.care) > 0 || len(m.drifted) > 0:
		return "units are being repaired"
	}
	live, err := m.o.Systemd.Observe(ctx, units.Scope{Units: s.desired.Units()})
	if err != nil {
		return "systemd cannot be reached"
	}
	m.o.Reality.Look(ctx, &live)
	if unit := frozen(live); unit != "" {
		return unit + " is frozen"
	}
	if !units.Diff(s.desired, live, units.Options{Proven: true, Tolerant: true, Reset: m.rulesUnsure.Load()}).Empty() {
		return "not all runs as configured"
	}
	return ""
}

// EndIdle notes that this manager ends because it is not needed. Call it after
// Run, in place of End.
func (m *Manager) EndIdle() {
	m.endsIdle = true
	m.End()
}
