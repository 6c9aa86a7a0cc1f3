// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// The repair: the transition from what has drifted by itself to what is wanted. It
// begins with a hint, or with a look once in a while.

// Times of the repair.
const (
	gatherTime = 50 * time.Millisecond // what comes together is looked at together
	// A unit that starts or stops gives hints all the time. For them a look rests for so many
	// times what the one before has taken, and not for longer than that.
	restShare    = 10
	longestRest  = 250 * time.Millisecond
	lookInterval = time.Minute     // without any hint, in case one got lost
	retryTime    = 5 * time.Second // when systemd cannot be asked
)

// repairPlan is what of a repair is due.
type repairPlan struct {
	plan units.Plan
	// whole means that nothing was left out.
	whole bool
}

// Drifted is a hint that a unit, or with "" any of them, may have changed
// without the manager. It never waits.
func (m *Manager) Drifted(string) {
	select {
	case m.drifted <- struct{}{}:
	default:
	}
}

// repair makes the live system equal to what is wanted, and returns when it
// wants to look again. It leaves alone what is on its way by itself, what the
// administrator has stopped as a whole, and what was repaired only now.
func (m *Manager) repair(ctx context.Context) time.Duration {
	cur := m.current.Load()
	if cur.desired.Generation == "" || m.isStopped() || cur.down != "" {
		return lookInterval
	}
	if m.remake(ctx) {
		return lookInterval
	}
	live, err := m.look(ctx, cur.desired, units.Limits{})
	if err != nil {
		m.o.Log.Debug("cannot look for drift", "error", err)
		return retryTime
	}
	m.tellWrong(cur.desired, live)
	m.tellCrashes(live)
	if !live.Target.Serving() {
		// Whoever stops the target means all of it.
		return lookInterval
	}
	if m.proof.failed(live, m.care) {
		_, _ = m.transit(ctx, m.restoration(cur))
		return gatherTime
	}
	m.unsettled(live)
	now := time.Now()
	failed := len(live.Degraded) > 0 || live.Unit(units.PolicyLoader).ActiveState == "failed"
	plan := units.Diff(cur.desired, live, units.Options{
		Proven: true, Patient: true, Reading: units.ReadWatched, Tolerant: true, Reset: m.rulesUnsure.Load(),
		Retry: m.retries.due(failed, now),
	})
	m.care.recover(plan, now)
	if plan.Empty() {
		return lookInterval
	}
	if unit := doomed(cur.desired, live); unit != "" {
		m.takeDown(ctx, cur, unit)
		return lookInterval
	}
	due := plan.Without(func(s units.Step) bool { return !m.care.due(patientOf(s), now) })
	if due.Empty() {
		return m.care.next(now)
	}
	for _, s := range due.Steps {
		m.tellDrift(s, m.care.attempt(patientOf(s), now))
	}
	// Others may need repair, too, so what fails stops only what waits for it.
	_, _ = m.transit(ctx, &transition{
		Change: units.Change{Cause: "repair", Asked: units.Asked{Who: units.Who{Via: units.ViaRepair}}},
		to:     cur, began: now, keeps: true, event: units.EventRepair,
		planned: &repairPlan{due, len(due.Steps) == len(plan.Steps)},
	})
	return m.care.next(time.Now())
}

// restoration goes back to what ran before the last change, with which workers do
// not stay up.
func (m *Manager) restoration(cur *snapshot) *transition {
	back := *m.proof.previous
	m.learn(&back)
	back.fileETag = cur.fileETag
	back.refused = cur.refused || cur.running.ETag() == cur.fileETag
	blames := fmt.Sprintf("workers did not stay up with generation %s", cur.desired.Generation)
	m.o.Log.Error("workers do not stay up; restoring what ran before", "generation", cur.desired.Generation, "back-to", back.desired.Generation,
		message.About{Kind: message.WorkersRestored}.Attr())
	undoes := 0
	if e := m.past().Applied(); e.ETag == cur.running.ETag() {
		undoes = e.ID
	}
	return &transition{
		Change: units.Change{
			Cause: fmt.Sprintf("workers do not stay up with generation %s; restoring %s", cur.desired.Generation, back.desired.Generation),
			Asked: units.Asked{Who: units.Who{Via: units.ViaRepair}},
		},
		to: &back, began: time.Now(), proven: true, tolerant: true, keeps: true, reset: true,
		undoes: undoes, blames: blames, event: units.EventRestore,
	}
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
	next := *cur
	next.down = fmt.Sprintf("%s component %s has ended; fix it and run kresctl reload", cur.desired.KindOf(unit), unit)
	m.o.Log.Error("taking the resolver down: "+next.down, message.About{Kind: message.ResolverDown, Unit: unit}.Attr())
	if err := m.record(&next, false); err != nil {
		m.o.Log.Error("cannot record that the resolver is down", "error", err)
	}
	if err := m.o.Systemd.QueueStop(ctx, units.Target); err != nil {
		m.o.Log.Error("cannot stop", "unit", units.Target, "error", err)
	}
	m.current.Store(&next)
	m.o.Notify("STATUS=down: " + next.down)
}

// patientOf names what a step repairs: a unit or, apart from that, its limits.
func patientOf(s units.Step) string {
	if s.Kind == units.Set {
		return "limits of " + s.Unit
	}
	return s.Unit
}

// Times between repairs of one unit.
const (
	firstPause   = time.Second // doubled each time
	longestPause = time.Minute
	calmTime     = time.Minute // a unit that was well for so long is well
)

// care is what is known of units that were repaired not long ago, by patientOf.
type care map[string]*patient

type patient struct {
	repairs int
	nextAt  time.Time // no repair before
}

func (c care) due(unit string, now time.Time) bool {
	p := c[unit]
	return p == nil || !now.Before(p.nextAt)
}

// attempt counts a repair of a unit and decides when the next may be.
func (c care) attempt(unit string, now time.Time) int {
	p := c[unit]
	if p == nil {
		p = &patient{}
		c[unit] = p
	}
	p.repairs++
	p.nextAt = now.Add(min(firstPause<<min(p.repairs-1, 10), longestPause))
	return p.repairs
}

// recover forgets the units that have been well for a while.
func (c care) recover(plan units.Plan, now time.Time) {
	for unit, p := range c {
		ill := slices.ContainsFunc(plan.Steps, func(s units.Step) bool { return patientOf(s) == unit })
		if now.Sub(p.nextAt) > calmTime && !ill {
			delete(c, unit)
		}
	}
}

// next returns how long to wait for the unit whose turn comes first.
func (c care) next(now time.Time) time.Duration {
	wait := lookInterval
	for _, p := range c {
		if left := p.nextAt.Sub(now); left > 0 && left < wait {
			wait = max(left, gatherTime)
		}
	}
	return wait
}
