// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/units"
)

// keptGenerations is how many generations stay on disk beside those in use.
const keptGenerations = 8

// change is a request with what only the manager knows of it.
type change struct {
	units.Change
	fromFile bool // the new document is what the file holds
	renew    bool // files that the configuration names may have changed
	tolerant bool // what is dispensable may fail
	undo     bool // the new document has run before
	returnTo int  // the change in the history that made it
	// fileETag names what the file holds where it is not what is applied.
	fileETag string
}

// change runs in the loop. Nothing has happened to the system when it returns
// an error that is no *units.StepError.
func (m *Manager) change(ctx context.Context, c change, began time.Time) (units.Report, error) {
	cur := m.current.Load()
	r := units.Report{Cause: c.Cause, When: began, Generation: cur.desired.Generation}
	next, gen, err := m.prepare(ctx, cur, c)
	if err == nil {
		m.differs(cur, next, c, &r)
		err = m.makePromise(cur, next, c)
	}
	// A request that was wrong by itself is its sender's affair; a file that is
	// wrong is everybody's.
	var waiting *units.WaitingError
	concerns := err == nil || c.fromFile && !errors.As(err, &waiting)
	if err == nil {
		err = m.carryOut(ctx, cur, gen, c, &r)
	}
	r.Took = units.Seconds(time.Since(began))
	if err != nil && r.RollbackError == "" {
		m.forgetApplying()
	}
	if err != nil {
		m.breakPromise()
	}
	if err != nil && concerns {
		r.Error = err.Error()
		m.rememberFailed(c, &r)
		m.failed(cur, c, &r, err)
	}
	if err != nil {
		return r, err
	}
	// What did not act reads the same text in the new generation.
	if err := m.o.Store.LinkAll(gen.Desired.Generation); err != nil {
		m.o.Log.Error("cannot switch all components; some read an older generation of the same content", "error", err)
	}
	next.report = &r
	m.remember(cur, next, c, &r)
	m.settlePromise(next, c, &r)
	m.current.Store(next)
	m.o.Watch(next.watched())
	if err := m.record(next, false); err != nil {
		m.o.Log.Error("cannot record the running configuration; a crash of the manager would forget it", "error", err)
	}
	m.forgetApplying()
	if cur.desired.Generation != gen.Desired.Generation {
		m.previous, m.applied = cur, time.Now()
		if cur.desired.Generation == "" || cur.unknown {
			m.previous = nil // to go back to nothing would stop DNS
		}
	}
	m.calm()
	m.tell(units.Event{Kind: units.EventApplied, Cause: c.Cause, Generation: gen.Desired.Generation, Took: r.Took})
	m.o.Log.Info("configuration applied", "cause", c.Cause, "generation", gen.Desired.Generation,
		"steps", len(r.Plan.Steps), "etag", next.running.ETag(), "took", time.Duration(r.Took).Round(time.Microsecond))
	for _, line := range r.Taken {
		m.o.Log.Info(line)
	}
	m.later = append(m.later, func() { m.keep(gen, c.fromFile && !m.waiting()) }, m.tellProblems)
	m.tellStatus()
	return r, nil
}

// keep does what a change leaves to do when its asker has been answered: the
// disk may be slow.
func (m *Manager) keep(gen generation.Generation, forBoot bool) {
	if forBoot {
		m.saveBoot(gen)
	}
	if err := m.o.Store.Prune(keptGenerations); err != nil {
		m.o.Log.Warn("cannot tidy up", "error", err)
	}
}

// saveBoot makes a generation the one that serves after the next boot. Status
// tells for as long as that did not succeed.
func (m *Manager) saveBoot(gen generation.Generation) {
	fault := ""
	if err := m.o.Store.SaveBoot(gen); err != nil {
		m.o.Log.Error("cannot keep the configuration for the next boot", "error", err)
		fault = fmt.Sprintf("the next boot begins with an older configuration: %v", err)
	}
	m.bootFault.Store(&fault)
}

// failed publishes the report of a change that was not carried out.
func (m *Manager) failed(cur *snapshot, c change, r *units.Report, err error) {
	m.tell(units.Event{Kind: units.EventRefused, Cause: c.Cause, Generation: r.Generation, Took: r.Took, Error: r.Error})
	kept := *cur
	kept.report = r
	kept.refused = kept.refused || c.fromFile
	m.current.Store(&kept)
	level := m.o.Log.Warn
	var step *units.StepError
	if errors.As(err, &step) && (!step.Refused || !step.Restored) {
		level = m.o.Log.Error
	}
	level("configuration not applied", "cause", r.Cause, "generation", r.Generation, "error", r.Error)
}

// prepare makes the next snapshot, without touching anything.
func (m *Manager) prepare(ctx context.Context, cur *snapshot, c change) (*snapshot, generation.Generation, error) {
	var gen generation.Generation
	if c.Match != nil {
		if err := c.Match(cur.running.ETag()); err != nil {
			return nil, gen, err
		}
	}
	doc, err := c.Edit(cur.running.Document)
	if err != nil {
		return nil, gen, err
	}
	cfg, warnings, err := m.check(doc)
	if err != nil {
		return nil, gen, err
	}
	if !c.DryRun { // who only asks does not fill the log
		for _, p := range warnings {
			m.o.Log.Warn(p.String())
		}
	}
	// What cannot be seen cannot be read either, which others would say of it.
	hidden, err := m.hiddenFrom(cur, doc, c)
	if err != nil {
		return nil, gen, err
	}
	if err := m.installed(cfg); err != nil {
		return nil, gen, err
	}
	if err := m.saysTheUnit(ctx, cfg.Systemd); err != nil {
		return nil, gen, err
	}
	if err := m.tokens(cur, doc, cfg, c); err != nil {
		return nil, gen, err
	}
	if err := m.named(cur, doc, c); err != nil {
		return nil, gen, err
	}
	gen = m.make(cfg)
	if err := protectCore(cur.desired, gen.Desired); err != nil && !c.fromFile && !c.undo {
		return nil, gen, err
	}
	next := &snapshot{running: doc.Running(cfg), desired: gen.Desired, fileETag: cur.fileETag, refused: cur.refused, files: m.namedBy(doc), hidden: hidden}
	if c.fromFile {
		next.fileETag, next.refused = doc.ETag(), false
	}
	if c.fileETag != "" {
		next.fileETag = c.fileETag
	}
	return next, gen, nil
}

// protectCore refuses to remove a core component, which is hardly ever meant by
// a change of something above it.
func protectCore(cur, next units.Desired) error {
	var found config.Problems
	for _, c := range cur.Components {
		if wanted, _ := next.Place(c.Unit()); !wanted && c.Kind == units.Core {
			found = append(found, config.Problem{
				Pointer:  "/components/" + c.Name,
				Severity: config.SeverityError,
				Message:  "a core component would be removed",
				Hint:     "make it dispensable first, if that is what you mean",
			})
		}
	}
	return found.Errors()
}

// check validates and returns what is worth a warning. It refuses keys that nothing
// acts on yet: the system would not do what the configuration says.
func (m *Manager) check(doc *config.Document) (*config.Config, config.Problems, error) {
	cfg, found := doc.Check(m.o.Host)
	if err := found.Errors(); err != nil {
		return nil, nil, err
	}
	if idle := found.Idle(); len(idle) > 0 {
		for i := range idle {
			idle[i].Severity = config.SeverityError
		}
		return nil, nil, idle
	}
	return cfg, found, nil
}

// installed refuses what the installed units cannot do.
func (m *Manager) installed(c *config.Config) error {
	if c.Rundir != m.o.Rundir {
		p := config.Problem{
			Pointer:  "/rundir",
			Severity: config.SeverityError,
			Message:  fmt.Sprintf("the installed units use %s and cannot use %s", m.o.Rundir, c.Rundir),
			Hint:     "leave rundir out, or install with make install RUNDIR=" + c.Rundir,
		}
		if m.o.Transient {
			p.Message = fmt.Sprintf("the units use %s and cannot use %s", m.o.Rundir, c.Rundir)
			p.Hint = "leave rundir out, or start kresd-manager with --rundir " + c.Rundir
		}
		return config.Problems{p}
	}
	if err := m.o.Served(c.Management); err != nil {
		return err
	}
	if c.Workers > units.MaxWorkers {
		return config.Problems{{
			Pointer:  "/workers",
			Severity: config.SeverityError,
			Message:  fmt.Sprintf("there can be at most %d workers", units.MaxWorkers),
		}}
	}
	return nil
}

// differs notes what a change makes of the configuration.
func (m *Manager) differs(cur, next *snapshot, c change, r *units.Report) {
	r.Diff = config.Difference(m.ranBefore(cur), next.running.Document, 0)
	if c.fromFile {
		r.Drops = m.drops(cur, next)
	}
}

// plan notes what a change would do to what is live. It changes nothing of the
// Manager.
func (m *Manager) plan(cur *snapshot, live units.Live, gen generation.Generation, c change, r *units.Report) error {
	if err := bearable(gen.Desired.Limits, live); err != nil && !c.tolerant {
		return err
	}
	r.Plan = units.Diff(gen.Desired, live, units.Options{Force: c.Force, Renew: c.renew, Reading: c.reading(), Reset: m.rulesUnsure.Load(), Tolerant: c.tolerant, Before: cur.desired.Limits})
	r.Interrupts = r.Plan.Interrupts()
	r.Taken = r.Plan.Taken()
	r.Generation = gen.Desired.Generation
	return nil
}

// carryOut plans and applies.
func (m *Manager) carryOut(ctx context.Context, cur *snapshot, gen generation.Generation, c change, r *units.Report) error {
	live, err := m.look(ctx, gen.Desired, cur.desired.Limits)
	if err != nil {
		return err
	}
	if err := m.plan(cur, live, gen, c, r); err != nil {
		return err
	}
	if err := m.o.Store.Write(gen); err != nil {
		return err
	}
	if !r.Plan.Empty() {
		if err := m.noteApplying(applying{Cause: c.Cause, When: r.When, From: cur.desired.Generation, To: r.Generation}); err != nil {
			return fmt.Errorf("cannot record the change before it begins: %w", err)
		}
	}
	m.o.Log.Debug("plan", "cause", c.Cause, "plan", r.Plan.String())
	m.tell(units.Event{Kind: units.EventBegin, Cause: c.Cause, Plan: &r.Plan, Generation: gen.Desired.Generation})
	err = m.apply(ctx, r.Plan, gen.Desired)
	if err == nil {
		return nil
	}
	r.Generation = cur.desired.Generation
	if ctx.Err() != nil {
		// This manager is to end while it starts. What has come up serves, and
		// the next one goes on from there.
		return err
	}
	return m.rollBack(ctx, cur, gen.Desired.Limits, err, r)
}

// forgive has systemd forget the failure of units that only the refused change
// wanted. It is told elsewhere.
func (m *Manager) forgive(ctx context.Context, cur *snapshot, live units.Live) {
	for name, o := range live.Units {
		if wanted, _ := cur.desired.Place(name); wanted || o.ActiveState != "failed" {
			continue
		}
		if err := m.o.Systemd.ResetFailed(ctx, name); err != nil {
			m.o.Log.Warn("cannot reset", "unit", name, "error", err)
		}
	}
}

// rollBack makes the live system equal to what ran before the change. It is a
// plan like any other, from what is live now, where some may have the limits
// that were tried.
func (m *Manager) rollBack(ctx context.Context, cur *snapshot, tried units.Limits, cause error, r *units.Report) error {
	var step *units.StepError
	errors.As(cause, &step)
	// First of all nothing may restart into what was refused.
	if cur.desired.Generation != "" {
		if err := m.o.Store.LinkAll(cur.desired.Generation); err != nil {
			r.RollbackError = err.Error()
			m.o.Log.Error("cannot restore what ran before", "generation", cur.desired.Generation, "error", err)
			return cause
		}
	}
	if step != nil && step.Step.Kind == units.Load && r.Plan.Generation == cur.desired.Generation {
		// The same rules from the same files would fail again. The old ones are
		// in force: the policy-loader commits all or nothing.
		step.Restored = true
		return cause
	}
	if cur.unknown {
		r.RollbackError = "it is not known what ran before"
		return cause
	}
	live, err := m.look(ctx, cur.desired, tried)
	if err == nil {
		m.forgive(ctx, cur, live)
		plan := units.Diff(cur.desired, live, units.Options{Proven: true, Reset: m.rulesUnsure.Load(), Tolerant: true, Before: tried})
		if plan.Empty() {
			if step != nil {
				step.Restored = true
			}
			return cause
		}
		r.Rollback = &plan
		m.o.Log.Warn("restoring what ran before", "generation", cur.desired.Generation, "plan", plan.String())
		m.tell(units.Event{Kind: units.EventRestore, Plan: &plan, Generation: cur.desired.Generation})
		err = m.restore(ctx, plan, cur.desired)
	}
	if err != nil {
		r.RollbackError = err.Error()
		m.o.Log.Error("cannot restore what ran before", "generation", cur.desired.Generation, "error", err)
		return cause
	}
	if step != nil {
		step.Restored = true
	}
	return cause
}
