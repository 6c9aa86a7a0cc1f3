// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"context"
	"errors"
	"fmt"
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

// longest is how long a step may take by the deadlines of its parts, the look at the
// unit and at its last words included.
func (c run) longest(s units.Step) time.Duration {
	switch s.Kind {
	case units.Load:
		return loaderDeadline + time.Minute
	case units.Reset, units.Renew, units.Set:
		return controlDeadline + time.Minute
	}
	return c.waits() + 2*workerDeadline + c.want.Roll.Soak + time.Minute // what is tried is stopped, too
}

// waits is how long the job of the step may wait for that of another one.
func (c run) waits() time.Duration {
	if c.ahead == nil {
		return 0
	}
	return loaderDeadline
}

// observed is step, told to all who listen.
func (c run) observed(ctx context.Context, s units.Step) error {
	defer c.Pulse.Step(c.longest(s))()
	began := time.Now()
	c.Tell(units.Event{Kind: units.EventStep, Step: &s, Generation: c.want.Generation})
	err := c.step(ctx, s)
	took := time.Since(began)
	e := units.Event{Kind: units.EventDone, Step: &s, Took: units.Seconds(took), Generation: c.want.Generation}
	if err != nil {
		e.Kind, e.Error = units.EventFailed, err.Error()
	}
	c.told(s, took, err)
	c.Tell(e)
	return err
}

// step does one step. Its error is a *units.StepError.
func (c run) step(ctx context.Context, s units.Step) error {
	var err error
	if c.ahead == nil { // else the target was seen to serve a moment ago
		err = c.wanted(ctx, s)
	}
	if err == nil {
		err = c.link(s)
	}
	if err == nil {
		switch s.Kind {
		case units.Try:
			return c.try(ctx, s)
		case units.Load:
			return c.load(ctx, s)
		case units.Reset:
			ctx, cancel := context.WithTimeout(ctx, controlDeadline)
			defer cancel()
			err = c.Workers.ResetRules(ctx, units.Instance(s.Unit))
		case units.Renew:
			return c.renew(ctx, s)
		case units.Set:
			err = c.set(ctx, s)
		case units.Start, units.Restart:
			return c.start(ctx, s)
		case units.Stop:
			err = c.stop(ctx, s.Unit)
		default:
			err = fmt.Errorf("unknown kind of step")
		}
	}
	if err != nil {
		return &units.StepError{Step: s, Err: err}
	}
	return nil
}

// wanted refuses to start anything that someone stopped as a whole since the plan
// was made: a job for one unit would bring back the target, and so all. Where the
// target was not active then, the first unit that starts brings it in.
func (c run) wanted(ctx context.Context, s units.Step) error {
	switch s.Kind {
	case units.Load, units.Start, units.Restart, units.Try:
	default:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, controlDeadline)
	defer cancel()
	target, err := c.lookAtTarget(ctx)
	switch {
	case err != nil:
		return err
	case target.Serving():
	case c.served.Load(), target.JobType == "stop":
		return units.ErrTargetStopped
	}
	return nil
}

// lookAtTarget looks at kresd.target, and notes it if that is active.
func (c run) lookAtTarget(ctx context.Context) (units.Observed, error) {
	mark := c.Systemd.Mark()
	target, err := c.Systemd.ObserveUnit(ctx, units.Target)
	if err == nil && target.Serving() {
		c.served.Store(true)
		// Whatever was stopped before has been started since. Another step may have looked later.
		for last := c.since.Load(); uint64(mark) > last && !c.since.CompareAndSwap(last, uint64(mark)); {
			last = c.since.Load()
		}
	}
	return target, err
}

// link makes the unit of a step read the generation of the plan.
func (c run) link(s units.Step) error {
	switch s.Kind {
	case units.Stop, units.Reset, units.Renew, units.Set:
		return nil
	}
	role, ok := units.RoleOf(s.Unit)
	if !ok {
		return fmt.Errorf("%s is not a unit of Knot Resolver", s.Unit)
	}
	return c.Links.Link(role, c.want.Generation)
}

// renew has a worker read its certificate again. A worker that refuses it goes
// on with the old one.
func (c run) renew(ctx context.Context, s units.Step) error {
	ctx, cancel := context.WithTimeout(ctx, controlDeadline)
	defer cancel()
	err := c.Workers.RenewCertificate(ctx, units.Instance(s.Unit), c.want.Cert, c.want.Key)
	if err != nil {
		return &units.StepError{Step: s, Err: err, Refused: ctx.Err() == nil}
	}
	return nil
}

// try starts the canary, probes it and stops it, whatever comes of it.
func (c run) try(ctx context.Context, s units.Step) error {
	err := c.start(ctx, s)
	stop := c.stop
	if c.canceled.Err() != nil {
		stop = c.Systemd.QueueStop // whoever restores waits for it
	}
	if serr := stop(context.WithoutCancel(ctx), s.Unit); err == nil && serr != nil {
		err = &units.StepError{Step: s, Err: serr}
	}
	return err
}

// set sets limits of a worker.
func (c run) set(ctx context.Context, s units.Step) error {
	ctx, cancel := context.WithTimeout(ctx, controlDeadline)
	defer cancel()
	err := c.Systemd.Set(ctx, s.Unit, s.Set)
	if errors.Is(err, units.ErrForbidden) {
		return &LimitsError{c.LimitsRule}
	}
	return err
}

// LimitsError is polkit's refusal of limits, with what to do about it.
type LimitsError struct {
	// Rule is the file with the rule that allows them.
	Rule string
}

func (e *LimitsError) Error() string {
	return "polkit does not let kresd-manager set limits of workers; to allow it, put its second rule into force: ln -s " +
		e.Rule + " /etc/polkit-1/rules.d/"
}

// Unwrap gives units.ErrForbidden.
func (e *LimitsError) Unwrap() error { return units.ErrForbidden }
