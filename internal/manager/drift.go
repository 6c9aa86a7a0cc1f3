// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/units"
)

// Times of the repair of what drifts by itself.
const (
	gatherTime   = 50 * time.Millisecond // what comes together is looked at together
	lookInterval = time.Minute           // without any hint, in case one got lost
	retryTime    = 5 * time.Second       // when systemd cannot be asked
	firstPause   = time.Second           // between two repairs of one unit, doubled each time
	longestPause = time.Minute
	calmTime     = time.Minute // a unit that was well for so long is well

	// probation is how long after a change a worker that does not stay up
	// speaks against the change, and patience is how often it may be restarted.
	probation = 10 * time.Minute
	patience  = 5
)

// patient is a unit that was repaired not long ago.
type patient struct {
	repairs int
	last    time.Time
	next    time.Time // no repair before
}

// Drifted is a hint that a unit, or with "" any of them, may have changed
// without the manager. It never waits.
func (m *Manager) Drifted(string) {
	select {
	case m.drifted <- struct{}{}:
	default:
	}
}

// calm forgets what was repaired, because the configuration is a new one.
func (m *Manager) calm() {
	clear(m.care)
	m.restarts = nil
	m.down = ""
}

// repair makes the live system equal to what is wanted, and returns when it
// wants to look again. It leaves alone what is on its way by itself, what the
// administrator has stopped as a whole, and what was repaired only now.
func (m *Manager) repair(ctx context.Context) time.Duration {
	cur := m.current.Load()
	if cur.desired.Generation == "" || m.isStopped() || m.down != "" {
		return lookInterval
	}
	live, err := m.look(ctx, cur.desired, units.Limits{})
	if err != nil {
		m.o.Log.Debug("cannot look for drift", "error", err)
		return retryTime
	}
	if m.hopeless(live) {
		m.fallBack(ctx, cur)
		return gatherTime
	}
	m.unsettled(live)
	plan := units.Diff(cur.desired, live, units.Options{Proven: true, Patient: true, Reading: units.ReadWatched, Tolerant: true, Reset: m.rulesUnsure.Load()})
	m.recover(plan)
	if plan.Empty() {
		return lookInterval
	}
	target, err := m.o.Systemd.ObserveUnit(ctx, units.Target)
	if err != nil {
		return retryTime
	}
	if target.ActiveState != "active" {
		// Whoever stops the target means all of it.
		return lookInterval
	}
	if unit := doomed(cur.desired, live); unit != "" {
		m.takeDown(ctx, cur, unit)
		return lookInterval
	}
	now := time.Now()
	due := plan.Without(func(s units.Step) bool {
		p := m.care[patientOf(s)]
		return p != nil && now.Before(p.next)
	})
	if due.Empty() {
		return m.nextRepair(now)
	}
	m.mend(ctx, cur, due)
	return m.nextRepair(time.Now())
}

// mend carries out a repair.
func (m *Manager) mend(ctx context.Context, cur *snapshot, plan units.Plan) {
	began := time.Now()
	m.busy.Store(true)
	defer m.busy.Store(false)
	for _, s := range plan.Steps {
		m.o.Log.Warn("repairing", "unit", s.Unit, "step", string(s.Kind), "cause", s.Cause, "attempt", m.attempt(patientOf(s), began))
	}
	r := units.Report{Plan: plan, Taken: plan.Taken(), Cause: "repair", When: began, Generation: cur.desired.Generation}
	m.tell(units.Event{Kind: units.EventRepair, Cause: r.Cause, Plan: &plan, Generation: r.Generation})
	// Others may need repair, too, so what fails stops only what waits for it.
	err := m.o.Store.LinkAll(cur.desired.Generation)
	if err == nil {
		err = m.restore(ctx, plan, cur.desired)
	}
	r.Took = units.Seconds(time.Since(began))
	if err != nil {
		r.Error = err.Error()
		m.o.Log.Error("cannot repair", "error", err)
	}
	next := *cur
	next.repaired = &r
	m.current.Store(&next)
	m.tellStatus()
}

// patientOf names what a step repairs: a unit or, apart from that, its limits.
func patientOf(s units.Step) string {
	if s.Kind == units.Set {
		return "limits of " + s.Unit
	}
	return s.Unit
}

// attempt counts a repair of a unit and decides when the next may be.
func (m *Manager) attempt(unit string, now time.Time) int {
	p := m.care[unit]
	if p == nil {
		p = &patient{}
		m.care[unit] = p
	}
	p.repairs++
	p.last = now
	p.next = now.Add(min(firstPause<<min(p.repairs-1, 10), longestPause))
	return p.repairs
}

// recover forgets the units that have been well for a while.
func (m *Manager) recover(plan units.Plan) {
	now := time.Now()
	for unit, p := range m.care {
		ill := slices.ContainsFunc(plan.Steps, func(s units.Step) bool { return patientOf(s) == unit })
		if now.Sub(p.next) > calmTime && !ill {
			delete(m.care, unit)
		}
	}
}

// nextRepair returns how long to wait for the unit whose turn comes first.
func (m *Manager) nextRepair(now time.Time) time.Duration {
	wait := lookInterval
	for _, p := range m.care {
		if left := p.next.Sub(now); left > 0 && left < wait {
			wait = max(left, gatherTime)
		}
	}
	return wait
}

// hopeless reports whether a worker has ended by itself so often since the last
// change that the change must be the reason.
func (m *Manager) hopeless(live units.Live) bool {
	if m.previous == nil || time.Since(m.applied) > probation {
		return false
	}
	if m.restarts == nil {
		m.restarts = map[string]int{}
		for name, o := range live.Units {
			m.restarts[name] = o.Restarts
		}
	}
	for name, o := range live.Units {
		if _, worker := units.WorkerNumber(name); !worker {
			continue
		}
		if o.Restarts-m.restarts[name] >= patience {
			return true
		}
		if p := m.care[name]; p != nil && p.repairs >= patience && o.ActiveState == "failed" {
			return true
		}
	}
	return false
}

// fallBack goes back to what ran before the last change, whose workers do not
// stay up.
func (m *Manager) fallBack(ctx context.Context, cur *snapshot) {
	m.busy.Store(true)
	defer m.busy.Store(false)
	back := *m.previous
	m.learn(&back)
	m.previous = nil // there is no way further back
	began := time.Now()
	r := units.Report{
		Cause:      fmt.Sprintf("workers do not stay up with generation %s; going back to %s", cur.desired.Generation, back.desired.Generation),
		When:       began,
		Generation: back.desired.Generation,
	}
	m.o.Log.Error("workers do not stay up; going back to what ran before",
		"generation", cur.desired.Generation, "back-to", back.desired.Generation)
	err := m.bringBack(&back)
	if err == nil {
		var live units.Live
		if live, err = m.look(ctx, back.desired, cur.desired.Limits); err == nil {
			r.Plan = units.Diff(back.desired, live, units.Options{Proven: true, Tolerant: true, Reset: true, Before: cur.desired.Limits})
			m.tell(units.Event{Kind: units.EventRestore, Cause: r.Cause, Plan: &r.Plan, Generation: r.Generation})
			err = m.restore(ctx, r.Plan, back.desired)
		}
	}
	r.Took = units.Seconds(time.Since(began))
	r.Error = fmt.Sprintf("workers did not stay up with generation %s", cur.desired.Generation)
	if err != nil {
		r.RollbackError = err.Error()
		m.o.Log.Error("cannot go back completely; repairing from there", "error", err)
	}
	m.calm()
	m.applied = time.Now()
	back.fileETag, back.refused = cur.fileETag, true
	c := change{Change: units.Change{Cause: r.Cause, Asked: units.Asked{Who: units.Who{Via: units.ViaRepair}}}}
	r.Diff = config.Difference(cur.running.Document, back.running.Document, 0)
	m.remember(cur, &back, c, &r)
	m.settlePromise(&back, c, &r)
	if m.o.Store.BootGeneration() == cur.desired.Generation {
		m.later = append(m.later, func() { m.keepForBoot(&back) })
	}
	back.report = &r
	m.current.Store(&back)
	m.o.Watch(back.watched())
	if err := m.record(&back, false); err != nil {
		m.o.Log.Error("cannot record the running configuration; a crash of the manager would forget it", "error", err)
	}
	m.tellStatus()
}

// bringBack makes all components read what ran before. Many refused changes may
// have pushed its generation out.
func (m *Manager) bringBack(s *snapshot) error {
	if _, err := m.o.Store.Load(s.desired.Generation); err != nil {
		gen, err := m.render(s)
		if err != nil {
			return err
		}
		if err := m.o.Store.Write(gen); err != nil {
			return err
		}
		s.desired = gen.Desired
	}
	return m.o.Store.LinkAll(s.desired.Generation)
}

// render makes the generation of a configuration anew.
func (m *Manager) render(s *snapshot) (generation.Generation, error) {
	c, err := s.running.Config(m.o.Host)
	if err != nil {
		return generation.Generation{}, err
	}
	return m.make(c), nil
}

// keepForBoot has the next boot begin with what was gone back to, and not with
// what did not stay up.
func (m *Manager) keepForBoot(s *snapshot) {
	gen, err := m.render(s)
	if err != nil {
		m.o.Log.Error("cannot keep the configuration for the next boot", "error", err)
		return
	}
	m.saveBoot(gen)
}

// doomed returns the unit of a component that has ended for good and takes the
// resolver down with it, "" if there is none.
func doomed(want units.Desired, live units.Live) string {
	for _, c := range want.Components {
		if c.Kind != units.Dispensable && live.Unit(c.Unit()).ActiveState == "failed" {
			return c.Unit()
		}
	}
	return ""
}

// takeDown stops serving, because a component has ended without which that is
// what the configuration asks for. The API stays.
func (m *Manager) takeDown(ctx context.Context, cur *snapshot, unit string) {
	m.down = fmt.Sprintf("%s component %s has ended; mend it and run kresctl reload", cur.desired.KindOf(unit), unit)
	m.o.Log.Error("taking the resolver down", "reason", m.down)
	if err := m.o.Systemd.QueueStop(ctx, units.Target); err != nil {
		m.o.Log.Error("cannot stop", "unit", units.Target, "error", err)
	}
	next := *cur
	next.down = m.down
	m.current.Store(&next)
	m.o.Notify("STATUS=down: " + m.down)
}
