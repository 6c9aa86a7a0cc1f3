// SPDX-License-Identifier: Apache-2.0

package units

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Options change how Diff gets from live to desired, never where it ends.
type Options struct {
	// Force loads the rules and restarts every worker and the garbage
	// collector even if they run the desired configuration.
	Force bool
	// Restart are the units of workers, components and the garbage collector that
	// restart even if they run as desired.
	Restart []string
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
	// change can fix: for the repair of a system that drifted.
	Patient bool
	// Tolerant lets dispensable components, and the setting of limits, fail
	// without failing the plan.
	Tolerant bool
	// Reading has components read again what has changed of the files that the
	// configuration names.
	Reading Reading
	// Sources are the files of rules that must not fail, Named those that the
	// configuration before named.
	Sources Sources
	Named   []Input
	// Retry has degraded sources, and rules that could not be loaded, tried again
	// though nothing has changed.
	Retry bool
	// Keys are the pointers of the keys that differ from what ran before, for the
	// words of the plan.
	Keys []string
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
// change comes before what could interrupt someone. Components have their
// places by priority among these; those that are not wanted stop first.
//
// Each phase takes the steps that it waits for and returns those that the next
// ones wait for: ready is what whatever comes next has to wait for.
func Diff(want Desired, live Live, opt Options) Plan {
	d := differ{want: want, live: live, opt: opt, plan: Plan{Generation: want.Generation, Steps: []Step{}}}
	need := d.needs()
	sets := d.limits()
	tried, ready := d.canary(need)
	ready = d.removals(ready)
	ready = d.components(ready, PriorityRules+1, math.MaxInt)
	ready = d.rules(need, ready)
	d.certificates(need, tried)
	ready = d.components(ready, PriorityWorkers+1, PriorityRules)
	served, left := d.workers(need, tried, ready)
	d.gc(ready, served)
	d.lastComponents(ready, served, left)
	d.wait(sets)
	d.explain()
	return d.plan
}

// differ has what a plan is made from, which no phase changes, and the plan, to
// which each phase adds its steps. Steps are known by their numbers; 0 is none.
type differ struct {
	want Desired
	live Live
	opt  Options
	plan Plan
	why  map[string]string // causes in other words, see words
}

// canary comes first: it is the step that finds what is wrong with a worker
// configuration, and nothing has happened yet. Without running workers there
// is no one to protect, so the first worker takes its part. It returns the step
// that proves the worker configuration, and what the rest waits for.
func (d *differ) canary(need needs) (tried int, ready []int) {
	cleared := 0
	if !d.live.Unit(Canary).Idle() {
		cleared = d.plan.add(Stop, Canary, "was left behind")
		ready = []int{cleared}
	}
	cause, fresh := d.doubt(need)
	if cause == "" {
		return 0, ready
	}
	tried = d.input(d.plan.add(Try, Canary, cause, cleared), fresh)
	return tried, []int{tried}
}

// doubt says why the worker configuration has to be tried, "" if it has not, and
// which files are the reason.
func (d *differ) doubt(need needs) (cause string, fresh []Input) {
	i := slices.IndexFunc(need.running, func(n int) bool { return d.live.Unit(Worker(n)).StatusText != WorkerStatus+d.want.WorkerHash })
	if i < 0 {
		// A file that changed is proven by no configuration that ran before.
		for _, n := range need.running {
			if fresh := need.fresh[n]; len(fresh) > 0 {
				return d.because(fresh), fresh
			}
		}
		return "", nil
	}
	if d.opt.Proven || d.want.Workers == 0 {
		return "", nil
	}
	old := ""
	for _, n := range need.running[i:] {
		if h := d.live.Unit(Worker(n)).ConfigHash(); h != d.want.WorkerHash {
			old = h
			break
		}
	}
	return d.words(differs("worker configuration", old, d.want.WorkerHash), cmp.Or(d.changed(partWorker), "another configuration")), nil
}

// wait has everything else begin after the limits have been set. A plan that
// bears a limit that cannot be set waits for none.
func (d *differ) wait(sets []int) {
	if d.opt.Tolerant {
		return
	}
	for i := range d.plan.Steps {
		if s := &d.plan.Steps[i]; s.Kind != Set && len(s.After) == 0 {
			s.After = slices.Clone(sets)
		}
	}
}

// asked tells that somebody asked for the restart of a unit.
func (d *differ) asked(unit string) bool {
	return d.opt.Force || slices.Contains(d.opt.Restart, unit)
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
