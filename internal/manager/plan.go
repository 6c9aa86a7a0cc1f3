// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/input"
	"kresd-manager/internal/watch"
	"kresd-manager/units"
)

// The plan, the second part of a transition: one snapshot of units and files, and
// what of the system differs from what is wanted.

// plan plans a transition on what is live now.
func (m *Manager) plan(ctx context.Context, s *step) error {
	if s.planned != nil {
		s.serving, s.report.Plan = true, s.planned.plan
		s.report.Taken = s.report.Plan.Taken()
		return nil
	}
	live, seen, err := m.survey(ctx, s)
	m.seen = seen
	if err != nil {
		return err
	}
	if !s.same() {
		m.saw(live)
		m.tellCrashes(live)
	}
	return m.planOn(s, live)
}

// survey takes the snapshot that a transition is planned on, be it carried out or only
// shown. It changes nothing of the Manager.
func (m *Manager) survey(ctx context.Context, s *step) (units.Live, map[string]input.Seen, error) {
	if s.same() {
		return m.observed(ctx, s.next.desired, s.before())
	}
	live, seen, err := m.observe(ctx, s.next.desired, s.before())
	if err == nil {
		err = m.spares(ctx, s.next.desired, &live)
	}
	return live, seen, err
}

// same means that someone asks for what is in force already, and for nothing to be
// done again. What drifted by itself is found by the repair, so that no worker is
// asked anything.
func (s *step) same() bool {
	return s.asked && !s.file && !s.Force && !s.restarts && !s.renew && !s.reset && s.next.desired.Generation == s.cur.desired.Generation
}

// before are limits that workers may have.
func (s *step) before() units.Limits {
	if s.tried != nil {
		return *s.tried
	}
	return s.cur.desired.Limits
}

// planOn notes what a transition would do to what is live. It changes nothing of
// the Manager.
func (m *Manager) planOn(s *step, live units.Live) error {
	want, r := s.next.desired, s.report
	if err := bearable(want.Limits, live); err != nil && !s.tolerant {
		return err
	}
	s.serving = live.Target.Serving()
	// Whoever stops the target means all of it. What the transition is about is in
	// force with the next start.
	s.held = s.stays || !s.asked && !s.starts && !s.serving && s.cur.desired.Generation != "" && s.cur.down == ""
	restart, err := s.toRestart(want)
	if err != nil {
		s.concerns = false
		return err
	}
	r.Plan = units.Diff(want, live, units.Options{
		Force: s.Force, Restart: restart, Renew: s.renew, Reading: s.reading, Reset: s.reset || m.rulesUnsure.Load(),
		Tolerant: s.tolerant, Proven: s.proven, Before: s.before(),
		Sources: s.sources(), Named: s.cur.desired.Inputs, Keys: keys(r.Diff),
	})
	if err := left(restart, r.Plan, live); err != nil {
		s.concerns = false
		return err
	}
	if s.held {
		r.Plan.Steps = []units.Step{}
	}
	r.Interrupts = r.Plan.Interrupts()
	r.Taken = r.Plan.Taken()
	r.Generation = want.Generation
	return nil
}

// keys are the pointers of what a transition changes, as far as they are listed.
func keys(d config.Diff) []string {
	var all []string
	for _, c := range d.Changes {
		all = append(all, c.Pointer)
	}
	return all
}

// look takes a snapshot of units and of the files that are named, for a repair or a
// restoration that is about to be planned. Only the loop uses it.
func (m *Manager) look(ctx context.Context, want units.Desired, before units.Limits) (units.Live, error) {
	live, seen, err := m.observe(ctx, want, before)
	m.seen = seen
	if err == nil {
		m.saw(live)
		err = m.spares(ctx, want, &live)
	}
	return live, err
}

// mostSpares is how many units are looked at for one that can serve while the only
// worker restarts.
const mostSpares = 8

// spares adds to a snapshot which units may not be started that come after the last
// worker, where one of them may have to serve for the only one.
func (m *Manager) spares(ctx context.Context, want units.Desired, live *units.Live) error {
	if len(live.RunningWorkers()) != 1 {
		return nil
	}
	for n := range mostSpares {
		o, err := m.o.Systemd.ObserveUnit(ctx, units.Worker(want.Workers+1+n))
		if err != nil {
			return err
		}
		if o.Startable() {
			return nil
		}
		live.Units[o.Name] = o
	}
	return nil
}

// observe is look for everyone. It changes nothing of the Manager.
func (m *Manager) observe(ctx context.Context, want units.Desired, before units.Limits) (units.Live, map[string]input.Seen, error) {
	live, seen, err := m.observed(ctx, want, before)
	if err == nil {
		m.o.Reality.Look(ctx, &live)
	}
	return live, seen, err
}

// observed is observe without what systemd does not see.
func (m *Manager) observed(ctx context.Context, want units.Desired, before units.Limits) (units.Live, map[string]input.Seen, error) {
	// First of all the files: what is read later is not older.
	paths := make([]string, len(want.Inputs))
	for i, in := range want.Inputs {
		paths[i] = in.Path
	}
	seen := m.ledger.Eye().Look(ctx, paths)
	live, err := m.observeUnits(ctx, want, before)
	if err != nil {
		return live, seen, err
	}
	live.Degraded = m.degraded(want)
	m.ledger.Fill(&live, want.Inputs, seen)
	return live, seen, nil
}

// observeUnits takes a snapshot of all units that a plan goes by. Limits are read only where
// some are or may have been set, which keeps it cheap for all others.
func (m *Manager) observeUnits(ctx context.Context, want units.Desired, before units.Limits) (units.Live, error) {
	return m.o.Systemd.Observe(ctx, units.Scope{
		Units: want.Units(), Limits: want.Limits.Or(before), Lifted: want.Limits.Lifts(before),
	})
}

// unsettled takes files for unchanged that someone may still be writing.
func (m *Manager) unsettled(live units.Live) {
	for p, s := range m.seen {
		if age := time.Since(s.Modified); age >= 0 && age < watch.Usual.Writing {
			delete(live.Contents, p)
		}
	}
}

// bearable refuses a limit that would have the kernel kill workers that serve.
func bearable(want units.Limits, live units.Live) error {
	if want.MemoryMax == 0 {
		return nil
	}
	var most uint64
	var unit string
	for _, n := range live.RunningWorkers() {
		if o := live.Unit(units.Worker(n)); o.HeldBytes > most {
			most, unit = o.HeldBytes, o.Name
		}
	}
	if most <= want.MemoryMax {
		return nil
	}
	return config.Problems{{
		Pointer:  "/systemd/memory-max",
		Severity: config.SeverityError,
		Message:  fmt.Sprintf("%s has %d MiB that it cannot give back, so the kernel would kill it at once", unit, most>>20),
		Hint:     fmt.Sprintf("more than %dM, or workers that need less", most>>20),
	}}
}
