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
	return 2*workerDeadline + c.want.Roll.Soak + time.Minute // what is tried is stopped, too
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
	err := c.wanted(ctx, s)
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
	mark := c.Systemd.Mark()
	target, err := c.Systemd.ObserveUnit(ctx, units.Target)
	switch {
	case err != nil:
		return err
	case target.Serving():
		c.served.Store(true)
		c.since.Store(uint64(mark)) // whatever was stopped before has been started since
	case c.served.Load(), target.JobType == "stop":
		return units.ErrTargetStopped
	}
	return nil
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
