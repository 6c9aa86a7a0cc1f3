// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kresd-manager/units"
)

// stop stops a unit and forgets that it failed, if it did.
func (c run) stop(ctx context.Context, unit string) error {
	ctx, cancel := context.WithTimeout(ctx, workerDeadline)
	defer cancel()
	if err := c.Systemd.Stop(ctx, unit); err != nil {
		return err
	}
	o, err := c.Systemd.ObserveUnit(ctx, unit)
	if err != nil || o.ActiveState != "failed" {
		return err
	}
	return c.Systemd.ResetFailed(ctx, unit)
}

// job starts or restarts a unit. Restarts count towards the start limit, which
// is there for crashes: when it strikes, it is reset once.
func (c run) job(ctx context.Context, s units.Step) error {
	do := c.Systemd.Restart
	if s.Kind != units.Restart && s.Kind != units.Load {
		do = c.Systemd.Start
	}
	err := c.unlessStopped(ctx, s, do)
	if err == nil || errors.Is(err, units.ErrUnavailable) || errors.Is(err, units.ErrForbidden) {
		return err
	}
	o, oerr := c.Systemd.ObserveUnit(ctx, s.Unit)
	if oerr != nil || o.Result != "start-limit-hit" {
		return err
	}
	if rerr := c.Systemd.ResetFailed(ctx, s.Unit); rerr != nil {
		return err
	}
	return c.unlessStopped(ctx, s, do)
}

// Times of the wait for a stop that is queued.
const (
	stopPoll = 50 * time.Millisecond
	stopWait = 30 * time.Second // longer than TimeoutStopSec= of workers
)

// unlessStopped queues a job once a stop of the unit has ended, be it ours of a moment
// ago or an administrator's of this one unit. If all is stopped, that is the last word.
func (c run) unlessStopped(ctx context.Context, s units.Step, do func(context.Context, string, units.JobTerms) error) error {
	for end := time.Now().Add(stopWait); ; {
		err := do(ctx, s.Unit, units.JobTerms{Since: units.Mark(c.since.Load()), Queued: c.queued})
		if errors.Is(err, units.ErrTargetStopped) {
			return c.stopAgain(ctx, err)
		}
		if !errors.Is(err, units.ErrStopQueued) || time.Now().After(end) {
			return err
		}
		if serr := c.wanted(ctx, s); serr != nil {
			return serr
		}
		select {
		case <-time.After(stopPoll):
		case <-c.canceled.Done():
			return why(c.canceled)
		case <-ctx.Done():
			return err
		}
	}
}

// stopAgain stops what came back with a job of ours although someone had stopped it: it
// was not seen before systemd had asked polkit.
func (c run) stopAgain(ctx context.Context, stopped error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), controlDeadline)
	defer cancel()
	return errors.Join(stopped, c.Systemd.QueueStop(ctx, units.Target))
}

// load runs the policy-loader.
func (c run) load(ctx context.Context, s units.Step) error {
	ctx, cancel := context.WithTimeout(ctx, loaderDeadline)
	defer cancel()
	began := time.Now()
	err := c.Links.Strict(c.want.RulesHash, s.Strict)
	if err != nil {
		return &units.StepError{Step: s, Err: err}
	}
	err = c.job(ctx, s)
	if serr := c.Links.Strict("", nil); serr != nil {
		c.log.Warn(serr.Error())
	}
	return c.judge(ctx, s, began, err, func(o units.Observed) error {
		if !o.LoadedRules(c.want.RulesHash) {
			return fmt.Errorf("it is %s (%s) and says %q", o.ActiveState, o.Result, o.StatusText)
		}
		return nil
	})
}

// start starts or restarts a unit and believes that it works only when its
// process is in its cgroup, says that it runs the configuration, and answers.
func (c run) start(ctx context.Context, s units.Step) error {
	soak := time.Duration(0)
	if c.mode.Soak {
		soak = c.want.Roll.Soak
	}
	ctx, cancel := context.WithTimeout(ctx, c.waits()+workerDeadline+soak)
	defer cancel()
	began := time.Now()
	err := c.job(ctx, s)
	if c.takenBack() {
		if err == nil { // its job came after the stop, which polkit was asked about beside it
			c.queueStop(ctx, s.Unit)
		}
		return &units.StepError{Step: s, Err: errTakenBack}
	}
	role, _ := units.RoleOf(s.Unit)
	return c.judge(ctx, s, began, err, func(o units.Observed) error {
		if !o.Running() {
			return fmt.Errorf("it is %s (%s)", o.ActiveState, o.Result)
		}
		switch role {
		case units.RoleGC:
			return nil
		case units.RoleComponent:
			return c.tryComponent(ctx, o)
		}
		if o.StatusText != units.WorkerStatus+c.want.WorkerHash {
			return fmt.Errorf("it runs configuration %q and not %q", o.ConfigHash(), c.want.WorkerHash)
		}
		probing, cancel := context.WithTimeout(ctx, controlDeadline)
		defer cancel()
		if err := c.Workers.Probe(probing, units.Instance(s.Unit)); err != nil || role == units.RoleCanary {
			return err
		}
		return c.soak(ctx, o, soak)
	})
}

// judge looks at a unit after its job and turns what is wrong into a
// *units.StepError with the unit's own words since the job began.
func (c run) judge(ctx context.Context, s units.Step, began time.Time, jobErr error, check func(units.Observed) error) error {
	if errors.Is(jobErr, units.ErrUnavailable) || errors.Is(jobErr, units.ErrForbidden) {
		return &units.StepError{Step: s, Err: jobErr}
	}
	o, err := c.Systemd.ObserveUnit(context.WithoutCancel(ctx), s.Unit)
	if err != nil {
		return &units.StepError{Step: s, Err: errors.Join(jobErr, err)}
	}
	err = jobErr
	if err == nil {
		if o, err = c.meanwhile(ctx, o, check); err == nil {
			return nil
		}
	}
	if c.canceled.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, why(c.canceled))) {
		return &units.StepError{Step: s, Err: why(c.canceled)}
	}
	// A job that someone else's displaced or undid, or that systemd did not queue
	// because the unit is masked, says nothing about the configuration.
	var job *units.JobError
	stopped := jobErr == nil && o.ActiveState == "inactive" && o.Result == "success"
	if stopped {
		err = errors.New("someone stopped it meanwhile")
	}
	ran := jobErr == nil && !stopped || errors.Is(jobErr, context.DeadlineExceeded) ||
		errors.As(jobErr, &job) && (job.Result == "failed" || job.Result == "timeout")
	return &units.StepError{
		Step:    s,
		Err:     err,
		Log:     c.Explain(s.Unit, telling(c.Journal(context.WithoutCancel(ctx), units.LogRun{Unit: s.Unit, Invocation: o.InvocationID, Since: began}, logLines))),
		Refused: s.Unit != units.CacheGC && ran,
	}
}

// jobPoll is how often a unit is looked at that someone else has asked something of.
const jobPoll = 20 * time.Millisecond

// meanwhile checks a unit whose job is done. Someone else's job may have come right after
// ours: then the unit is found on its way down or up, which is no fault of what it runs, and
// what counts is where it gets to. A unit that has ended, or that systemd restarts by itself,
// is on no one's way. What is returned is what was checked last, and what came of it.
func (c run) meanwhile(ctx context.Context, o units.Observed, check func(units.Observed) error) (units.Observed, error) {
	for {
		err := check(o)
		if err == nil || ctx.Err() != nil {
			return o, err
		}
		again, oerr := c.Systemd.ObserveUnit(context.WithoutCancel(ctx), o.Name)
		asked := again.Job != 0
		for oerr == nil && again.Job != 0 && again.Restarts <= o.Restarts {
			select {
			case <-time.After(jobPoll):
			case <-c.canceled.Done():
				return again, why(c.canceled)
			case <-ctx.Done():
				return again, err
			}
			again, oerr = c.Systemd.ObserveUnit(context.WithoutCancel(ctx), o.Name)
		}
		if oerr != nil {
			return o, errors.Join(err, oerr)
		}
		if !asked && again.InvocationID == o.InvocationID || again.Restarts > o.Restarts {
			return again, err
		}
		o = again
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
