// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"math"
	"slices"
)

// Options change how Diff gets from live to desired, never where it ends.
type Options struct {
	// Force loads the rules and restarts every worker and the garbage
	// collector even if they run the desired configuration.
	Force bool
	// Renew loads the rules and has the workers read their certificate even if
	// the configuration is the same, because files that it names may have
	// changed.
	Renew bool
	// Reset has running workers look at the rules even if those in force are the
	// wanted ones, because they may not have been told.
	Reset bool
	// Proven leaves the canary out: the worker configuration has served
	// before, as in a rollback.
	Proven bool
	// Patient leaves alone what is on its way to another state, and what only a
	// change can mend: for the repair of a system that drifted.
	Patient bool
	// Tolerant lets dispensable components, and the setting of limits, fail
	// without failing the plan.
	Tolerant bool
	// Reading has components read again what has changed of the files that the
	// configuration names.
	Reading Reading
	// Before are limits that workers may still have from another configuration:
	// what of them is not wanted any more is lifted.
	Before Limits
}

// Diff returns the plan that makes the live system equal to the desired one.
// It changes neither argument; the same arguments give the same plan. When
// nothing differs the plan is empty.
//
// The order is: limits, canary, rules, workers to add, workers to restart one by one,
// workers to remove one by one, cache garbage collector. What could refuse the
// change comes before what could interrupt somebody. Components have their
// places by priority among these; those that are not wanted stop first.
func Diff(want Desired, live Live, opt Options) Plan {
	d := differ{want: want, live: live, opt: opt, plan: Plan{Generation: want.Generation, Steps: []Step{}}}
	d.sort()
	d.limits()
	d.canary()
	d.removals()
	d.components(PriorityRules+1, math.MaxInt)
	d.rules()
	d.certificates()
	d.components(PriorityWorkers+1, PriorityRules)
	d.workers()
	d.gc()
	d.components(math.MinInt, PriorityWorkers)
	d.wait()
	return d.plan
}

type differ struct {
	want Desired
	live Live
	opt  Options
	plan Plan

	running []int // workers that serve now
	start   []int // to start
	restart []int // to restart
	stop    []int // to stop
	causes  map[int]string
	fresh   map[int][]Input // files for which a worker is restarted

	sets    []int // steps that set limits
	cleared int   // step that removed a stray canary
	tried   int   // step that proved the worker configuration
	loaded  int   // step that put the rules in force
	served  int   // step after which the first worker serves
	ready   []int // steps that whatever comes next waits for
	left    []int // steps after which all workers are as wanted
}

// sort decides what each worker needs.
func (d *differ) sort() {
	d.running = d.live.RunningWorkers()
	d.causes, d.fresh = map[int]string{}, map[int][]Input{}
	for n := 1; n <= d.want.Workers; n++ {
		o := d.live.Unit(Worker(n))
		switch {
		case d.opt.Patient && o.InTransition(), o.Idle() && o.Masked():
		case o.Idle():
			d.start = append(d.start, n)
			d.causes[n] = "is not running"
			if o.ActiveState == "failed" {
				d.causes[n] = "has failed"
			}
		case !o.Running():
			d.restart = append(d.restart, n)
			d.causes[n] = fmt.Sprintf("is %s (%s)", o.ActiveState, o.SubState)
		case o.StatusText != WorkerStatus+d.want.WorkerHash:
			d.restart = append(d.restart, n)
			d.causes[n] = differs("configuration", o.ConfigHash(), d.want.WorkerHash)
		case d.opt.Force:
			d.restart = append(d.restart, n)
			d.causes[n] = "restart was asked for"
		default:
			if fresh := d.stale(Worker(n), UseStart); len(fresh) > 0 {
				d.restart = append(d.restart, n)
				d.causes[n], d.fresh[n] = d.because(fresh), fresh
			}
		}
	}
	for _, n := range d.live.Workers() {
		if n > d.want.Workers {
			d.stop = append(d.stop, n)
		}
	}
}

// canary comes first: it is the step that finds what is wrong with a worker
// configuration, and nothing has happened yet. Without running workers there
// is nobody to protect, so the first worker takes its part.
func (d *differ) canary() {
	if !d.live.Unit(Canary).Idle() {
		d.cleared = d.plan.add(Stop, Canary, "was left behind")
		d.ready = []int{d.cleared}
	}
	// A file that changed is proven by no configuration that ran before.
	for _, n := range d.running {
		if fresh := d.fresh[n]; len(fresh) > 0 && d.wanted(d.running) {
			d.tried = d.input(d.plan.add(Try, Canary, d.because(fresh), d.cleared), fresh)
			d.ready = []int{d.tried}
			return
		}
	}
	if d.opt.Proven || len(d.running) == 0 || d.wanted(d.running) {
		return
	}
	old := ""
	for _, n := range d.running {
		if h := d.live.Unit(Worker(n)).ConfigHash(); h != d.want.WorkerHash {
			old = h
			break
		}
	}
	if d.want.Workers > 0 {
		d.tried = d.plan.add(Try, Canary, differs("worker configuration", old, d.want.WorkerHash), d.cleared)
		d.ready = []int{d.tried}
	}
}

// wanted reports whether all these workers announce the desired configuration.
func (d *differ) wanted(ns []int) bool {
	return !slices.ContainsFunc(ns, func(n int) bool {
		return d.live.Unit(Worker(n)).StatusText != WorkerStatus+d.want.WorkerHash
	})
}

func (d *differ) rules() {
	if d.want.Workers == 0 {
		if o := d.live.Unit(PolicyLoader); !o.Idle() {
			// Stopped, so that the next start loads the rules again.
			d.plan.add(Stop, PolicyLoader, "no worker is wanted")
		}
		return
	}
	fresh := d.stale(PolicyLoader, UseRules)
	if d.live.rulesLoaded(d.want.RulesHash) && !d.opt.Force && !d.opt.Renew && len(fresh) == 0 {
		if d.opt.Reset {
			d.resets("rules may have changed")
		}
		return
	}
	o := d.live.Unit(PolicyLoader)
	if d.opt.Patient && (o.InTransition() || o.ActiveState == "failed") {
		return // old rules are in force, and the same files would fail again
	}
	cause := differs("rules", o.ConfigHash(), d.want.RulesHash)
	switch {
	case d.live.rulesLoaded(d.want.RulesHash) && len(fresh) > 0:
		cause = d.because(fresh)
	case d.live.rulesLoaded(d.want.RulesHash):
		cause = "reload was asked for"
	case o.ActiveState == "failed":
		cause = "the last run failed"
	case o.Idle():
		cause = "no rules are loaded"
	}
	d.loaded = d.input(d.plan.add(Load, PolicyLoader, cause, d.ready...), fresh)
	d.ready = []int{d.loaded}
	d.resets("rules changed")
}

// resets tells the workers that stay. One that is about to be restarted or
// removed sees the new rules without being told, or need not.
func (d *differ) resets(cause string) {
	for _, n := range d.running {
		if n <= d.want.Workers && !slices.Contains(d.restart, n) {
			d.plan.add(Reset, Worker(n), cause, d.loaded)
		}
	}
}

// certificates are read by a worker that starts; those that stay are told.
func (d *differ) certificates() {
	if d.want.Cert == "" {
		return
	}
	for _, n := range d.running {
		if n > d.want.Workers || slices.Contains(d.restart, n) {
			continue
		}
		fresh := d.stale(Worker(n), UseRenew)
		cause := "the certificate may have changed"
		switch {
		case len(fresh) > 0:
			cause = d.because(fresh)
		case !d.opt.Renew:
			continue
		}
		d.input(d.plan.add(Renew, Worker(n), cause, d.tried), fresh)
	}
}

func (d *differ) workers() {
	last := d.starts()
	spare := 0
	if len(d.restart) > 0 && len(d.running) == 1 && len(d.start) == 0 && d.running[0] <= d.want.Workers &&
		slices.Contains(d.restart, d.running[0]) {
		// The only worker that serves must not leave before another has come.
		spare = d.want.Workers + 1
		last = []int{d.plan.add(Start, Worker(spare), "serves while the only worker restarts", d.ready...)}
	}
	if len(last) == 0 {
		last = d.ready
	}
	last = d.restarts(last)
	if spare != 0 {
		last = []int{d.plan.add(Stop, Worker(spare), "has served its time", last...)}
	}
	slices.Reverse(d.stop) // newest first, as people expect of a scale-down
	for _, n := range d.stop {
		cause := fmt.Sprintf("worker count %d → %d", len(d.live.Workers()), d.want.Workers)
		if d.want.Workers == 0 {
			cause = "no worker is wanted"
		}
		last = []int{d.plan.add(Stop, Worker(n), cause, last...)}
	}
	d.left = last
}

// starts plans the workers to add and returns the steps that the rest waits
// for. Where others serve, the first worker with a new configuration comes
// alone, to prove it for the rest.
func (d *differ) starts() []int {
	if len(d.start) == 0 {
		return nil
	}
	rest := d.start
	var steps []int
	after := d.ready
	alone := d.tried != 0 || len(d.running) == 0 && d.want.FirstAlone
	if alone {
		n := d.start[0]
		d.served = d.plan.add(Start, Worker(n), d.causes[n], after...)
		after = []int{d.served}
		rest = d.start[1:]
		steps = append(steps, d.served)
	}
	for _, n := range rest {
		steps = append(steps, d.plan.add(Start, Worker(n), d.causes[n], after...))
	}
	if alone && len(rest) > 0 {
		steps = steps[1:]
	}
	if d.served == 0 && len(d.running) == 0 {
		d.served = steps[0]
	}
	return steps
}

// restarts plans the workers to replace, as many at a time as the budget
// allows and never all that serve, and returns the steps that the rest waits
// for. The first comes alone, to prove the configuration for the others.
func (d *differ) restarts(ready []int) []int {
	budget := max(1, min(d.want.Roll.Budget, len(d.running)-1))
	var steps []int
	for i, n := range d.restart {
		after := ready
		switch {
		case i > budget:
			after = steps[i-budget : i-budget+1]
		case i > 0:
			after = steps[:1]
		}
		steps = append(steps, d.input(d.plan.add(Restart, Worker(n), d.causes[n], after...), d.fresh[n]))
	}
	if len(steps) == 0 {
		return ready
	}
	if d.served == 0 {
		d.served = steps[0]
	}
	return steps[max(0, len(steps)-budget):]
}

// gc comes after the first worker, which creates the cache it looks at.
func (d *differ) gc() {
	o := d.live.Unit(CacheGC)
	ready := d.ready
	if d.served != 0 {
		ready = []int{d.served}
	}
	switch {
	case d.want.GC == nil:
		if !o.Idle() {
			cause := "garbage collection is off"
			if d.want.Workers == 0 {
				cause = "no worker is wanted"
			}
			d.plan.add(Stop, CacheGC, cause)
		}
	case d.opt.Patient && o.InTransition(), o.Idle() && o.Masked():
	case o.Idle():
		cause := "is not running"
		if o.ActiveState == "failed" {
			cause = "has failed"
		}
		d.optional(d.plan.add(Start, CacheGC, cause, ready...))
	case !o.Running():
		// Its options are not known, and may be what it crashes for.
		d.optional(d.plan.add(Restart, CacheGC, fmt.Sprintf("is %s (%s)", o.ActiveState, o.SubState), ready...))
	case len(o.Args) > 0 && !slices.Equal(o.Args, d.want.GC):
		d.optional(d.plan.add(Restart, CacheGC, "options changed", ready...))
	case d.opt.Force:
		d.optional(d.plan.add(Restart, CacheGC, "restart was asked for", ready...))
	}
}

// optional marks a step whose failure a tolerant plan bears.
func (d *differ) optional(n int) int {
	d.plan.Steps[n-1].Optional = d.opt.Tolerant
	return n
}

func differs(what, old, want string) string {
	if old == "" {
		return fmt.Sprintf("%s → %s", what, want)
	}
	return fmt.Sprintf("%s %s → %s", what, old, want)
}
