// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kresd-manager/units"
)

// Deadlines of the steps. Those of jobs are longer than the timeouts in the
// unit files, so that systemd's verdict comes first.
const (
	workerDeadline  = 100 * time.Second // TimeoutStartSec=60 after TimeoutStopSec=15
	loaderDeadline  = 620 * time.Second // TimeoutStartSec=120, and what a drop-in allows for many rules
	controlDeadline = 10 * time.Second  // one command to one worker
	logLines        = 10
)

// apply is carry, after whose success every worker has been told of the rules.
// It can be canceled if there is something to go back to.
func (m *Manager) apply(ctx context.Context, plan units.Plan, want units.Desired) error {
	canceled, end := m.cancelable(ctx)
	defer end()
	return m.settle(ctx, plan, want, canceled)
}

// restore is apply for what nobody should cancel.
func (m *Manager) restore(ctx context.Context, plan units.Plan, want units.Desired) error {
	return m.settle(context.WithoutCancel(ctx), plan, want, nil)
}

func (m *Manager) settle(ctx context.Context, plan units.Plan, want units.Desired, canceled <-chan struct{}) error {
	if want.Generation != "" { // a stop is about no files
		m.ledger.Plan(want.Inputs, m.seen)
	}
	err := m.carry(context.WithoutCancel(ctx), plan, want, canceled)
	if !plan.Empty() {
		m.keepInputs()
	}
	if err == nil {
		m.rulesUnsure.Store(false)
	}
	return err
}

// carry carries out a plan: every step as soon as all that it waits for have
// succeeded. After a failure, or when it is canceled, no step is begun; those
// under way are finished. The error is a *units.StepError of the first step
// that failed.
func (m *Manager) carry(ctx context.Context, plan units.Plan, want units.Desired, canceled <-chan struct{}) error {
	type result struct {
		n   int
		err error
	}
	results := make(chan result)
	waits := map[int]int{}        // step → how many it still waits for
	releases := map[int][]int{}   // step → who waits for it
	steps := map[int]units.Step{} // by number
	var ready []int
	for _, s := range plan.Steps {
		steps[s.N] = s
		waits[s.N] = len(s.After)
		for _, a := range s.After {
			releases[a] = append(releases[a], s.N)
		}
		if len(s.After) == 0 {
			ready = append(ready, s.N)
		}
	}
	var failure error
	running := map[int]bool{}
	for len(ready) > 0 || len(running) > 0 {
		for failure == nil && len(ready) > 0 {
			select {
			case <-canceled:
				failure = &units.StepError{Step: steps[ready[0]], Err: units.ErrCanceled}
				continue
			default:
			}
			s := steps[ready[0]]
			ready = ready[1:]
			running[s.N] = true
			go func() { results <- result{s.N, m.observed(ctx, s, want)} }()
		}
		if len(running) == 0 {
			break
		}
		var r result
		select {
		case r = <-results:
		case <-canceled:
			canceled = nil // once is enough
			for n := range running {
				if failure == nil {
					failure = &units.StepError{Step: steps[n], Err: units.ErrCanceled}
				}
				m.abandon(ctx, steps[n])
			}
			continue
		}
		delete(running, r.n)
		m.took(steps[r.n], r.err)
		if r.err != nil && steps[r.n].Optional {
			m.o.Log.Warn("going on without what can be done without", "unit", steps[r.n].Unit, "error", r.err)
			r.err = nil
		}
		if r.err != nil {
			if failure == nil {
				failure = r.err
			}
			continue
		}
		for _, n := range releases[r.n] {
			if waits[n]--; waits[n] == 0 {
				ready = append(ready, n)
			}
		}
	}
	return failure
}

// observed is step, told to all who listen.
func (m *Manager) observed(ctx context.Context, s units.Step, want units.Desired) error {
	began := time.Now()
	m.tell(units.Event{Kind: units.EventStep, Step: &s, Generation: want.Generation})
	err := m.step(ctx, s, want)
	took := time.Since(began)
	e := units.Event{Kind: units.EventDone, Step: &s, Took: units.Seconds(took), Generation: want.Generation}
	if err != nil {
		e.Kind, e.Error = units.EventFailed, err.Error()
	} else {
		m.o.Log.Info("step done", "step", string(s.Kind), "unit", s.Unit, "cause", s.Cause, "took", took.Round(time.Microsecond))
	}
	m.tell(e)
	return err
}

// step does one step. Its error is a *units.StepError.
func (m *Manager) step(ctx context.Context, s units.Step, want units.Desired) error {
	err := m.link(s, want)
	if err == nil {
		switch s.Kind {
		case units.Try:
			return m.try(ctx, s, want)
		case units.Load:
			return m.load(ctx, s, want)
		case units.Reset:
			ctx, cancel := context.WithTimeout(ctx, controlDeadline)
			defer cancel()
			err = m.o.Workers.ResetRules(ctx, units.Instance(s.Unit))
		case units.Renew:
			return m.renew(ctx, s, want)
		case units.Set:
			err = m.set(ctx, s)
		case units.Start, units.Restart:
			return m.start(ctx, s, want)
		case units.Stop:
			err = m.stop(ctx, s.Unit)
		default:
			err = fmt.Errorf("unknown kind of step")
		}
	}
	if err != nil {
		return &units.StepError{Step: s, Err: err}
	}
	return nil
}

// link makes the unit of a step read the generation of the plan.
func (m *Manager) link(s units.Step, want units.Desired) error {
	switch s.Kind {
	case units.Stop, units.Reset, units.Renew, units.Set:
		return nil
	}
	role, ok := units.RoleOf(s.Unit)
	if !ok {
		return fmt.Errorf("%s is not a unit of Knot Resolver", s.Unit)
	}
	return m.o.Store.Link(role, want.Generation)
}

// renew has a worker read its certificate again. A worker that refuses it goes
// on with the old one.
func (m *Manager) renew(ctx context.Context, s units.Step, want units.Desired) error {
	ctx, cancel := context.WithTimeout(ctx, controlDeadline)
	defer cancel()
	err := m.o.Workers.RenewCertificate(ctx, units.Instance(s.Unit), want.Cert, want.Key)
	if err != nil {
		return &units.StepError{Step: s, Err: err, Refused: ctx.Err() == nil}
	}
	return nil
}

// try starts the canary, probes it and stops it, whatever comes of it.
func (m *Manager) try(ctx context.Context, s units.Step, want units.Desired) error {
	err := m.start(ctx, s, want)
	if serr := m.stop(ctx, s.Unit); err == nil && serr != nil {
		err = &units.StepError{Step: s, Err: serr}
	}
	return err
}

// stop stops a unit and forgets that it failed, if it did.
func (m *Manager) stop(ctx context.Context, unit string) error {
	ctx, cancel := context.WithTimeout(ctx, workerDeadline)
	defer cancel()
	if err := m.o.Systemd.Stop(ctx, unit); err != nil {
		return err
	}
	o, err := m.o.Systemd.ObserveUnit(ctx, unit)
	if err != nil || o.ActiveState != "failed" {
		return err
	}
	return m.o.Systemd.ResetFailed(ctx, unit)
}

// job starts or restarts a unit. Restarts count towards the start limit, which
// is there for crashes: when it strikes, it is reset once.
func (m *Manager) job(ctx context.Context, s units.Step) error {
	do := m.o.Systemd.Restart
	if s.Kind != units.Restart && s.Kind != units.Load {
		do = m.o.Systemd.Start
	}
	err := do(ctx, s.Unit)
	if err == nil || errors.Is(err, units.ErrUnavailable) || errors.Is(err, units.ErrForbidden) {
		return err
	}
	o, oerr := m.o.Systemd.ObserveUnit(ctx, s.Unit)
	if oerr != nil || o.Result != "start-limit-hit" {
		return err
	}
	if rerr := m.o.Systemd.ResetFailed(ctx, s.Unit); rerr != nil {
		return err
	}
	return do(ctx, s.Unit)
}

// load runs the policy-loader.
func (m *Manager) load(ctx context.Context, s units.Step, want units.Desired) error {
	ctx, cancel := context.WithTimeout(ctx, loaderDeadline)
	defer cancel()
	began := time.Now()
	err := m.job(ctx, s)
	err = m.judge(ctx, s, began, err, func(o units.Observed) error {
		if o.ActiveState != "active" || o.StatusText != units.RulesStatus+want.RulesHash {
			return fmt.Errorf("it is %s (%s) and says %q", o.ActiveState, o.Result, o.StatusText)
		}
		return nil
	})
	if err == nil {
		m.rulesUnsure.Store(true) // until all have been told
	}
	return err
}

// start starts or restarts a unit and believes that it works only when its
// process is in its cgroup, says that it runs the configuration, and answers.
func (m *Manager) start(ctx context.Context, s units.Step, want units.Desired) error {
	ctx, cancel := context.WithTimeout(ctx, workerDeadline+want.Roll.Soak)
	defer cancel()
	began := time.Now()
	err := m.job(ctx, s)
	role, _ := units.RoleOf(s.Unit)
	return m.judge(ctx, s, began, err, func(o units.Observed) error {
		if !o.Running() {
			return fmt.Errorf("it is %s (%s)", o.ActiveState, o.Result)
		}
		switch role {
		case units.RoleGC:
			return nil
		case units.RoleComponent:
			return m.tryComponent(ctx, o, want)
		}
		if o.StatusText != units.WorkerStatus+want.WorkerHash {
			return fmt.Errorf("it runs configuration %q and not %q", o.ConfigHash(), want.WorkerHash)
		}
		probing, cancel := context.WithTimeout(ctx, controlDeadline)
		defer cancel()
		if err := m.o.Workers.Probe(probing, units.Instance(s.Unit)); err != nil || role == units.RoleCanary {
			return err
		}
		return m.soak(ctx, o, want.Roll.Soak)
	})
}

// judge looks at a unit after its job and turns what is wrong into a
// *units.StepError with the unit's own words since the job began.
func (m *Manager) judge(ctx context.Context, s units.Step, began time.Time, jobErr error, check func(units.Observed) error) error {
	if errors.Is(jobErr, units.ErrUnavailable) || errors.Is(jobErr, units.ErrForbidden) {
		return &units.StepError{Step: s, Err: jobErr}
	}
	o, err := m.o.Systemd.ObserveUnit(context.WithoutCancel(ctx), s.Unit)
	if err != nil {
		return &units.StepError{Step: s, Err: errors.Join(jobErr, err)}
	}
	err = jobErr
	if err == nil {
		if err = check(o); err == nil {
			return nil
		}
	}
	// A job that somebody else's displaced, or that systemd did not queue because
	// the unit is masked, says nothing about the configuration.
	var job *units.JobError
	ran := jobErr == nil || errors.Is(jobErr, context.DeadlineExceeded) ||
		errors.As(jobErr, &job) && (job.Result == "failed" || job.Result == "timeout")
	return &units.StepError{
		Step:    s,
		Err:     err,
		Log:     m.o.Sandbox.Explain(s.Unit, telling(m.o.Journal(context.WithoutCancel(ctx), units.LogRun{Unit: s.Unit, Invocation: o.InvocationID, Since: began}, logLines))),
		Refused: s.Unit != units.CacheGC && ran,
	}
}

// telling leaves out warnings where there is something else to read: kresd's
// last words are what it failed for.
func telling(lines []string) []string {
	rest := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.Contains(l, "] warning: ") })
	if len(rest) == 0 {
		return lines
	}
	return rest
}
