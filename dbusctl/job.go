// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// A job that has not been reported as removed is looked up after firstPoll, then
// after twice that, and so on up to every lastPoll, in case the signal got lost.
const (
	firstPoll = 250 * time.Millisecond
	lastPoll  = 2 * time.Second
)

// Modes of our jobs (systemctl(1), --job-mode=). All make way for others, a shutdown
// above all. A start or a restart is refused while a stop of the unit is queued, and leaves
// out what it only wants while that is to stop. Who stops kresd.target has the last word,
// for which see target.go. A stop of ours displaces what is queued. Of the others, "flush"
// cancels the jobs of everyone, "replace-irreversibly" holds up a shutdown, and
// "ignore-dependencies" would start a worker without its rules.
const (
	startMode = "fail"
	stopMode  = "replace"
)

// modeOf is the mode of a job.
func modeOf(verb string) string {
	if verb == "stop" {
		return stopMode
	}
	return startMode
}

// Start starts a unit and waits until its job is done. The result says nothing
// about the state a moment later; observe the unit to know it.
// A unit that has failed is reset first, which also clears its start limit.
// units.ErrTargetStopped means that the job has started something although someone has
// stopped kresd.target since a moment that [Client.Mark] returned.
func (c *Client) Start(ctx context.Context, unit string, terms units.JobTerms) error {
	return c.jobWith(ctx, job{unit: unit, verb: "start", target: units.Target, since: terms.Since, told: terms.Queued})
}

// Stop stops a unit and waits until its job is done.
func (c *Client) Stop(ctx context.Context, unit string) error {
	return c.jobWith(ctx, job{unit: unit, verb: "stop"})
}

// Restart stops and starts a unit and waits until its job is done. Of the target see Start.
func (c *Client) Restart(ctx context.Context, unit string, terms units.JobTerms) error {
	return c.jobWith(ctx, job{unit: unit, verb: "restart", target: units.Target, since: terms.Since, told: terms.Queued})
}

// QueueStop asks for a unit to be stopped and does not wait.
func (c *Client) QueueStop(ctx context.Context, unit string) error {
	return c.do(ctx, func(n *conn) error {
		return translate(n.call(ctx, "StopUnit", unit, stopMode).Err, "stop "+unit)
	})
}

// ResetFailed forgets that a unit failed and how often it was started.
// It is no error if the unit is not loaded.
func (c *Client) ResetFailed(ctx context.Context, unit string) error {
	return c.do(ctx, func(n *conn) error {
		err := n.call(ctx, "ResetFailedUnit", unit).Err
		var de dbus.Error
		if errors.As(err, &de) && de.Name == noSuchUnit {
			return nil
		}
		return translate(err, "reset "+unit)
	})
}

var methods = map[string]string{"start": "StartUnit", "stop": "StopUnit", "restart": "RestartUnit"}

// jobWith queues a job and waits for its end, over more than one connection if the
// first one breaks: what systemd does goes on without the bus.
func (c *Client) jobWith(ctx context.Context, j job) error {
	return c.do(ctx, func(n *conn) error {
		err := n.carry(ctx, &j)
		if j.path != "" && n.undidStop(ctx, &j) {
			return fmt.Errorf("cannot %s: %w", &j, units.ErrTargetStopped)
		}
		return err
	})
}

// job is one job of ours.
type job struct {
	unit, verb string
	asked      bool            // the call was made, and its reply may have been lost
	path       dbus.ObjectPath // "" until it is known
	before     string          // the type of the job that the unit had already
	target     string          // that it may bring in; "" for none
	since      units.Mark      // when it was last asked for
	told       func()          // called when it has been queued; nil is no one
	called     time.Duration   // when it was asked for, on the clock of systemd's timestamps
	queued     time.Duration   // when it had been queued
	reply      dbus.Sequence   // when that was told, on this connection
	define     []assignment    // for StartTransientUnit, where systemd knows no such unit; nil for a unit with a file
}

func (j *job) String() string { return j.verb + " " + j.unit }

// carry queues a job unless it has been queued already, and waits for its end: as
// long as the context lasts and systemd answers.
func (n *conn) carry(ctx context.Context, j *job) error {
	if j.path == "" {
		if err := n.queue(ctx, j); err != nil {
			return err
		}
	}
	if j.told != nil && !n.afterTarget(j) {
		j.told()
	}
	ch := n.jobs.wait(j.path)
	defer n.jobs.forget(j.path)
	interval := firstPoll
	poll := time.NewTimer(interval)
	defer poll.Stop()
	for {
		select {
		case result, ok := <-ch:
			if !ok {
				return fmt.Errorf("cannot %s: %w: the connection broke", j, units.ErrUnavailable)
			}
			return n.judge(ctx, j, result)
		case <-ctx.Done():
			return fmt.Errorf("cannot %s in time: %w", j, ctx.Err())
		case <-poll.C:
			there, err := n.jobExists(ctx, j.path)
			if err != nil {
				return fmt.Errorf("cannot %s: %w; it may still be done", j, err)
			}
			if there {
				interval = min(2*interval, lastPoll)
				poll.Reset(interval)
				continue
			}
			// The signal may still be on its way. If it is not, the state of
			// the unit tells the caller what became of it.
			select {
			case result, ok := <-ch:
				if ok {
					return n.judge(ctx, j, result)
				}
			case <-time.After(100 * time.Millisecond):
			}
			return nil
		}
	}
}

// queue queues a job, unless it has been queued over a connection that broke.
func (n *conn) queue(ctx context.Context, j *job) error {
	verb, path, err := n.pending(ctx, j.unit)
	if err != nil {
		return translate(err, j.String())
	}
	if j.asked && verb == j.verb {
		j.path = path // ours, or as good
		return nil
	}
	if !j.asked {
		j.before = verb
	}
	if j.verb == "start" && verb == j.verb && j.define == nil {
		j.path = path // which systemd would answer, too, when it had asked polkit
		return nil
	}
	j.asked, j.called = true, monotonic()
	call := n.call(ctx, methods[j.verb], j.unit, modeOf(j.verb))
	err = call.Store(&j.path)
	if j.define != nil {
		err = n.startTransient(ctx, j, err)
	}
	j.queued, j.reply = monotonic(), call.ResponseSequence
	var de dbus.Error
	if errors.As(err, &de) && de.Name == destructive {
		return fmt.Errorf("cannot %s: %w: %v", j, units.ErrStopQueued, err)
	}
	if err != nil {
		return n.masked(ctx, err, j.String(), j.unit)
	}
	return nil
}

// judge turns the result of a job into an error.
func (n *conn) judge(ctx context.Context, j *job, result string) error {
	if result == "done" {
		return nil
	}
	e := &units.JobError{Unit: j.unit, Verb: j.verb, Job: string(j.path), Result: result, Before: j.before}
	if result == "canceled" {
		e.Instead = n.instead(ctx, j.unit)
	}
	return e
}

// pending returns the job that a unit has and its type, "" if it has none or
// that cannot be known. Only silence is an error. Properties are not asked for:
// one that is not in memory, and so has no job, would be read in for that.
func (n *conn) pending(ctx context.Context, unit string) (verb string, path dbus.ObjectPath, silence error) {
	var rows []listed
	err := n.call(ctx, "ListUnitsByPatterns", []string{}, []string{unit}).Store(&rows)
	if isSilence(err) {
		return "", "", err
	}
	for _, r := range rows {
		if err == nil && r.Name == unit && r.JobID != 0 {
			return r.JobType, r.JobPath, nil
		}
	}
	return "", "", nil
}

// instead returns the type of the job that displaced ours, also when that has
// ended already.
func (n *conn) instead(ctx context.Context, unit string) string {
	if verb, _, _ := n.pending(ctx, unit); verb != "" {
		return verb
	}
	var state string
	if n.property(ctx, unitPath(unit), unitIface, "ActiveState", &state) == nil && (state == "inactive" || state == "deactivating") {
		return "stop"
	}
	return ""
}

// masked is translate for a job that was refused, with what to do about a unit
// that must not start: this one, or polkit, without which systemd allows nothing.
func (n *conn) masked(ctx context.Context, err error, what, unit string) error {
	var de dbus.Error
	if !errors.As(err, &de) || de.Name != unitMasked {
		return translate(err, what)
	}
	if !strings.Contains(de.Error(), unit) {
		return fmt.Errorf("cannot %s: %w, because polkit cannot be asked: %v", what, units.ErrForbidden, err)
	}
	option := ""
	var state string
	if n.call(ctx, "GetUnitFileState", unit).Store(&state) == nil && state == "masked-runtime" {
		option = "--runtime "
	}
	return fmt.Errorf("cannot %s: it is masked, so no one can start it; to allow it again: systemctl unmask %s%s", what, option, unit)
}

// Restarting reports whether a unit has a job after which it runs: one that is stopped
// for a restart.
func (c *Client) Restarting(ctx context.Context, unit string) (is bool, err error) {
	err = c.do(ctx, func(n *conn) error {
		verb, _, silence := n.pending(ctx, unit)
		is = verb == "restart" || verb == "start"
		return silence
	})
	return is, err
}

// jobExists errs on the side of "yes": only a clear answer ends a wait, or silence.
func (n *conn) jobExists(ctx context.Context, path dbus.ObjectPath) (there bool, silence error) {
	err := n.ask(ctx, path, propertiesGet, systemdName+".Job", "State").Err
	if isSilence(err) {
		return true, err
	}
	var de dbus.Error
	return !errors.As(err, &de) || (de.Name != busName+".Error.UnknownObject" && de.Name != systemdName+".NoSuchJob"), nil
}
