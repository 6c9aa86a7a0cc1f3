// SPDX-License-Identifier: Apache-2.0

// Package carry is the executor: it carries a plan out, step by step, on systemd
// and the workers. It knows nothing of configurations, of who asked, or of what
// comes next: a plan and what is wanted go in, an outcome comes out.
package carry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kresd-manager/internal/message"
	"kresd-manager/internal/pulse"
	"kresd-manager/units"
)

// Systemd is what the executor needs of systemd; dbusctl.Client has it. Jobs
// return when they are done; a result other than "done" is an error. All methods
// end soon after their context does.
type Systemd interface {
	ObserveUnit(ctx context.Context, unit string) (units.Observed, error)
	// Mark returns this moment, for the terms of Start and Restart.
	Mark() units.Mark
	// Start and Restart fail with units.ErrTargetStopped if the job has started something
	// although someone has stopped kresd.target since a moment. It is for the caller to
	// have that stop again.
	Start(ctx context.Context, unit string, terms units.JobTerms) error
	Restart(ctx context.Context, unit string, terms units.JobTerms) error
	Stop(ctx context.Context, unit string) error
	ResetFailed(ctx context.Context, unit string) error
	QueueStop(ctx context.Context, unit string) error
	// Set sets properties of a unit until the next boot.
	Set(ctx context.Context, unit string, settings []units.Setting) error
}

// Workers is what the executor needs of running workers.
type Workers interface {
	// Probe returns nil when the instance answers a query of its own.
	Probe(ctx context.Context, instance string) error
	// ResetRules makes the instance see new rules.
	ResetRules(ctx context.Context, instance string) error
	// RenewCertificate has the instance read its certificate again.
	RenewCertificate(ctx context.Context, instance, cert, key string) error
}

// Links switches which generation the components of a role read from their next
// start on.
type Links interface {
	Link(role units.Role, generation string) error
	// Strict has a load of the rules with this hash fail when one of these sources
	// does; without any none fails it.
	Strict(rules string, sources []string) error
}

// Executor carries plans out. All fields but Pulse must be set. It keeps nothing between
// two plans and is safe for concurrent use if its parts are.
type Executor struct {
	Systemd Systemd
	Workers Workers
	Links   Links
	Log     *slog.Logger
	// Journal returns the last lines of one run of a unit.
	Journal func(ctx context.Context, run units.LogRun, lines int) []string
	// Explain adds to a unit's words what its sandbox has to do with them.
	Explain func(unit string, lines []string) []string
	// LimitsRule is the file with the polkit rule that allows limits.
	LimitsRule string
	// Tell is told what begins and ends. It is called by several steps at a time.
	Tell func(units.Event)
	// Pulse is told how long a step may take, and that it has ended; nil is no one.
	Pulse *pulse.Pulse
	// Took is told what came of each step, one after another.
	Took func(s units.Step, err error)
}

// Mode is how a plan is carried out.
type Mode struct {
	// Soak has each worker stay up for a while before the next one follows.
	Soak bool
	// Serving means that kresd.target was active when the plan was made. If
	// someone stops it meanwhile, nothing more is started.
	Serving bool
	// Since is when it was asked for. Who stops kresd.target after that has the last word.
	Since units.Mark
	// About is what all that is logged is about.
	About message.About
}

// Outcome is what became of a plan.
type Outcome struct {
	// Err is a *units.StepError of the first step that failed; nil if none did.
	Err error
	// Loaded means that new rules are in force, of which running workers may not
	// have been told if there is an error.
	Loaded bool
}

// lastWait is how long a step that is under way may take to its end when the plan
// is canceled: half a restart is worse than a whole one, which takes less.
const lastWait = 5 * time.Second

// run is one plan being carried out.
type run struct {
	*Executor
	want units.Desired
	mode Mode
	log  *slog.Logger
	// canceled ends when the plan is canceled; its cause is why. Steps run under a
	// context of their own, which ends a little later.
	canceled context.Context
	// served means that kresd.target has been active since the plan was made.
	served *atomic.Bool
	// since is when kresd.target was last seen active, or else when it was asked for.
	since *atomic.Uint64
	// Of the step that is carried out: queued is called when systemd has its job; ahead
	// is nil if what it waits for had ended when it began.
	queued func()
	ahead  *ahead
}

// Carry carries out a plan: every step as soon as all that it waits for have
// succeeded or, where no one is served yet, as soon as systemd sees to that. After a
// failure, or when the context ends, no step is begun. The end of the context cancels the
// plan: a policy-loader at work is stopped, no one is watched over any longer, and the rest
// has a few seconds to come to its end. The context's cause is then what the step failed
// for; units.ErrCanceled if it has none.
func (e *Executor) Carry(ctx context.Context, plan units.Plan, want units.Desired, mode Mode) Outcome {
	c := run{Executor: e, want: want, canceled: ctx, mode: mode, served: new(atomic.Bool), since: new(atomic.Uint64), log: e.Log.With(mode.About.Attr())}
	c.served.Store(mode.Serving)
	c.since.Store(uint64(mode.Since))
	under, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abandon(nil)
	g := newGraph(plan, !mode.Serving)
	results := make(chan result, len(plan.Steps)) // none waits for a plan that is given up
	queued := make(chan int, len(plan.Steps))
	var out Outcome
	fail := func(s units.Step, err error) {
		if out.Err == nil {
			out.Err = &units.StepError{Step: s, Err: err}
		}
	}
	canceled := ctx.Done()
	var enough <-chan time.Time // when what is canceled must end
	running := map[int]begun{}
	for {
		for out.Err == nil && len(g.ready) > 0 {
			if ctx.Err() != nil {
				fail(g.ready[0], why(ctx))
				break
			}
			s := g.next()
			one := c
			if g.leading(s.N) {
				one.queued = sync.OnceFunc(func() {
					go func() {
						if c.targetServes(under) {
							queued <- s.N
						}
					}()
				})
			}
			if g.early(s.N) {
				one.ahead = new(ahead)
			}
			running[s.N] = begun{s, one.ahead}
			go func() { results <- one.attempt(under, s) }()
		}
		if len(running) == 0 {
			return out
		}
		select {
		case <-canceled:
			canceled = nil // once is enough
			for _, n := range slices.Sorted(maps.Keys(running)) {
				fail(running[n].step, why(ctx))
			}
			c.takeBack(under, g, running)
			for _, b := range running {
				c.abort(under, b.step)
			}
			enough = time.After(lastWait)
		case <-enough:
			enough = nil
			abandon(why(ctx))
		case n := <-queued:
			g.queued(n)
		case r := <-results:
			delete(running, r.step.N)
			if r.panicked != nil {
				panic(r.panicked)
			}
			e.Took(r.step, r.err)
			if r.err != nil && r.step.Optional && foreseen(r.step, r.err) {
				c.log.Warn("continuing without an optional step", "unit", r.step.Unit, "error", r.err)
				r.err = nil
			}
			if r.err != nil {
				if out.Err == nil {
					out.Err = r.err
					c.takeBack(under, g, running)
				}
				continue
			}
			out.Loaded = out.Loaded || r.step.Kind == units.Load
			g.done(r.step.N)
		}
	}
}

// why is why a plan was canceled.
func why(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return units.ErrCanceled
}

// begun is a step that is under way.
type begun struct {
	step  units.Step
	ahead *ahead
}

// result is what became of a step; err is nil or a *units.StepError.
type result struct {
	step     units.Step
	err      error
	panicked any
}

// attempt does a step, and hands a panic on to who waits for the plan: in a goroutine
// it would end the process with a change half-way and nothing said.
func (c run) attempt(ctx context.Context, s units.Step) (r result) {
	defer func() {
		if p := recover(); p != nil {
			r = result{step: s, panicked: fmt.Sprintf("%v\n%s", p, debug.Stack())}
		}
	}()
	return result{step: s, err: c.observed(ctx, s)}
}

// foreseen reports whether an optional step may fail in this way: its unit did not
// come up, or the rule that allows limits is not in force. That the bus is lost,
// that polkit refuses a job or that someone cancels is another matter.
func foreseen(s units.Step, err error) bool {
	switch {
	case errors.Is(err, units.ErrUnavailable), errors.Is(err, units.ErrCanceled), errors.Is(err, units.ErrStopping), errors.Is(err, units.ErrTargetStopped):
		return false
	case errors.Is(err, units.ErrForbidden):
		return s.Kind == units.Set
	}
	return true
}

// abort ends a step of a canceled plan that would go on for long.
func (c run) abort(ctx context.Context, s units.Step) {
	if s.Kind == units.Load {
		c.queueStop(ctx, s.Unit)
	}
}

// queueStop asks for a unit to be stopped and does not wait.
func (c run) queueStop(ctx context.Context, unit string) {
	ctx, cancel := context.WithTimeout(ctx, controlDeadline)
	defer cancel()
	if err := c.Systemd.QueueStop(ctx, unit); err != nil {
		c.log.Warn("cannot stop", "unit", unit, "error", err)
	}
}
