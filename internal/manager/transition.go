// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"kresd-manager/internal/carry"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/failure"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// The transition: the one way from what runs to another configuration, or to the
// same once more. Whoever wants to change anything makes one (request.go, start.go,
// promise.go, repair.go), and transit takes it through the gate (gate.go), a plan
// (plan.go), the journal (journal.go), the executor (package carry), and one commit
// (commit.go); what fails on the way is restored (restore.go).

// transition is where to go, and on which terms.
type transition struct {
	// Change is the request: cause, who, terms. Edit makes the new document from
	// the running one.
	units.Change
	// to is where to go in place of what Edit makes: something that ran before, which
	// is not made anew, so that a manager that renders otherwise restarts no worker.
	to    *snapshot
	began time.Time
	// number is that of the change, which the history has, too; 0 is none. What leaves
	// traces has one from the journal on, see assign.
	number int
	record *change

	// asked means that someone asks for it and waits for what comes of it. What
	// no one asks for starts nothing that the administrator has stopped.
	asked bool
	// starts means that the manager was stopped, and that to start it asks for all.
	starts bool
	// stays means that someone stopped all while the manager started: nothing is started.
	stays bool
	// since is when it began; a start has begun with the manager.
	since units.Mark
	// file means that the new document is what the configuration file holds.
	file bool
	// back means that the document has run before: it is let through where a new one
	// would be refused for what is above it.
	back bool
	// proven means that workers have served with it: it needs no canary.
	proven bool
	// tolerant lets fail what can be done without.
	tolerant bool
	// keeps leaves it in force even if not all could be done, which is repaired then;
	// there is nothing better to restore.
	keeps bool
	// quiet means that there is nothing to say if nothing is to be done.
	quiet bool
	// renew and reading have files read again that the configuration names.
	renew   bool
	reading units.Reading
	// tried are limits that workers may have, where they are not those of what runs.
	tried *units.Limits
	// restarts has units restarted though they run as wanted: these, or all workers
	// if there are none.
	restarts bool
	restart  []string
	// reset has workers look at the rules in any case.
	reset bool
	// planned is the plan of a repair, which has been made already.
	planned *repairPlan
	// blames is why what runs is left: workers do not stay up with it.
	blames string
	// undoes is the change that is taken back, and all that came after it; 0 is none.
	undoes int
	// returnTo is the change in the history that made it, 0 if none.
	returnTo int
	// fileETag names what the file holds where it is not what is applied.
	fileETag string
	// event announces its begin; "" is units.EventBegin.
	event units.EventKind
}

// step is a transition under way.
type step struct {
	*transition
	cur, next *snapshot
	gen       generation.Generation // of next; without files if they are on disk
	report    *units.Report
	// concerns means that a failure is everyone's affair and not only its sender's.
	concerns bool
	// serving means that kresd.target was active when the plan was made, and held that
	// it was stopped and stays so.
	serving, held bool
	staged        *durable.Staged
	// begun says of one that keeps that it is in force, whatever comes.
	begun bool
}

// transit carries out a transition. Nothing has happened to the system when it
// returns an error that is no *units.StepError. It runs in the loop, or in Start.
func (m *Manager) transit(ctx context.Context, t *transition) (report units.Report, err error) {
	m.busy.Add(1)
	defer m.busy.Add(-1)
	m.changes.begin(t)
	defer func() { m.changes.finish(t, report, err, m.Running().ETag()) }()
	defer m.survive(t, &err)
	if m.started {
		t.since = m.o.Systemd.Mark()
	}
	cur := m.current.Load()
	s := &step{transition: t, cur: cur, report: &units.Report{Cause: t.Cause, Who: t.Who, Comment: t.Comment, When: t.began, Generation: cur.desired.Generation}}

	// A manager that is to end ends what it carries out, and not what it asks.
	asking := context.WithoutCancel(ctx)
	err = m.gate(asking, s)
	if err == nil {
		err = m.plan(asking, s)
	}
	if err == nil && s.quiet && s.report.Plan.Empty() {
		return *s.report, nil
	}
	if err == nil {
		err = m.journal(s)
	}
	if err == nil {
		err = m.carryOut(ctx, s)
	}
	err = m.commit(s, err)
	return *s.report, err
}

// carryOut carries out the plan, and restores what ran before if that fails.
func (m *Manager) carryOut(ctx context.Context, s *step) error {
	m.carried = m.carried || !s.report.Plan.Empty()
	m.tellBegun(s)
	m.tell(units.Event{Kind: s.eventKind(), Cause: s.Cause, Plan: &s.report.Plan, Generation: s.next.desired.Generation})
	plan := s.report.Plan
	if !m.started && !s.serving {
		plan, m.rest = plan.Needed()
	}
	under, end := m.cancelable(ctx, !s.keeps)
	err := m.carry(under, plan, s.next.desired, carry.Mode{Soak: s.asked, Serving: s.serving, Since: s.since, About: s.about("")}, s.whole())
	end()
	var refused *units.StepError
	if errors.As(err, &refused) && refused.Refused {
		refused.Cause = failure.Explain(refused.Log, s.next.running.JSON(), failure.Host{Group: uint32(os.Getgid())})
	}
	if err == nil {
		err = s.staged.Enact()
	}
	if err != nil {
		m.rest = units.Plan{}
	}
	if err == nil || s.keeps {
		return err
	}
	s.report.Generation = s.cur.desired.Generation
	if !m.started && ctx.Err() != nil {
		// This manager is to end while it starts. What has come up serves, and
		// the next one goes on from there.
		return err
	}
	m.restore(ctx, s, err)
	return err
}

// carry carries out a plan and notes what is known of rules and files after it.
func (m *Manager) carry(ctx context.Context, plan units.Plan, want units.Desired, mode carry.Mode, whole bool) error {
	if want.Generation != "" { // a stop is about no files
		m.ledger.Plan(want.Inputs, m.seen)
	}
	out := m.exec.Carry(ctx, plan, want, mode)
	if !plan.Empty() {
		m.keepInputs()
	}
	switch {
	case out.Err == nil && whole:
		m.rulesUnsure.Store(false)
	case out.Loaded:
		m.rulesUnsure.Store(true) // until all have been told
	}
	return out.Err
}

func (s *step) eventKind() units.EventKind {
	if s.event != "" {
		return s.event
	}
	return units.EventBegin
}

// whole means that the plan is all that is to be done, so that afterwards every
// worker has been told of the rules.
func (s *step) whole() bool { return !s.held && (s.planned == nil || s.planned.whole) }

// survive turns a panic into an error, after which this process ends: no one knows
// what was done by then, and the next manager finds out. It is deferred.
func (m *Manager) survive(t *transition, err *error) {
	p := recover()
	if p == nil {
		return
	}
	m.o.Log.Error("a change has met a defect", message.About{Kind: message.ChangeDefect, Change: t.number}.Attr(), "cause", t.Cause, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if !t.DryRun {
		m.failed.Store(true)
	}
	*err = units.ErrDefect
}
