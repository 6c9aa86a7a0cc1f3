// SPDX-License-Identifier: Apache-2.0

package units

import (
	"cmp"
	"fmt"
	"slices"
)

// needs are what workers need, by their numbers, ascending.
type needs struct {
	running []int // serve now
	start   []int
	restart []int
	stop    []int
	causes  map[int]string  // of those to start and to restart
	fresh   map[int][]Input // files for which a worker is restarted
}

// notRunning is why most units are started.
const notRunning = "is not running"

// needs decides what each worker needs.
func (d *differ) needs() needs {
	need := needs{running: d.live.RunningWorkers(), causes: map[int]string{}, fresh: map[int][]Input{}}
	for n := 1; n <= d.want.Workers; n++ {
		o := d.live.Unit(Worker(n))
		switch {
		case d.opt.Patient && o.InTransition(), o.Idle() && o.Masked(), o.Frozen():
		case o.Idle():
			need.start = append(need.start, n)
			need.causes[n] = notRunning
			if o.ActiveState == "failed" {
				need.causes[n] = "has failed"
			}
		case !o.Running():
			need.restart = append(need.restart, n)
			need.causes[n] = fmt.Sprintf("is %s (%s)", o.ActiveState, o.SubState)
		case o.StatusText != WorkerStatus+d.want.WorkerHash:
			need.restart = append(need.restart, n)
			need.causes[n] = d.words(differs("configuration", o.ConfigHash(), d.want.WorkerHash), cmp.Or(d.changed(partWorker), "another configuration"))
		case d.asked(Worker(n)):
			need.restart = append(need.restart, n)
			need.causes[n] = "restart was asked for"
		default:
			if why, faulty := d.faulty(n); faulty {
				need.restart = append(need.restart, n)
				need.causes[n] = why
				continue
			}
			if fresh := d.stale(Worker(n), UseStart); len(fresh) > 0 {
				need.restart = append(need.restart, n)
				need.causes[n], need.fresh[n] = d.because(fresh), fresh
			}
		}
	}
	for _, n := range d.live.Workers() {
		if n > d.want.Workers && !d.live.Unit(Worker(n)).Frozen() {
			need.stop = append(need.stop, n)
		}
	}
	return need
}

// stay returns the workers that serve before and after the plan without a
// restart. Others see what is new when they start, or need not.
func (n needs) stay() []int {
	return slices.DeleteFunc(slices.Clone(n.running), func(w int) bool {
		return slices.Contains(n.stop, w) || slices.Contains(n.restart, w)
	})
}

// workers plans them all. It returns the first step after which a worker serves
// as it is wanted, 0 where one does already or none will, and the steps after
// which all are as wanted.
func (d *differ) workers(need needs, tried int, ready []int) (served int, left []int) {
	last, served := d.starts(need, tried, ready)
	spare := 0
	if len(need.restart) > 0 && len(need.running) == 1 && len(need.start) == 0 && slices.Contains(need.restart, need.running[0]) {
		// The only worker that serves must not leave before another has come.
		spare = d.spare()
		last = []int{d.plan.add(Start, Worker(spare), "serves while the only worker restarts", ready...)}
	}
	if len(last) == 0 {
		last = ready
	}
	last, first := d.restarts(need, last)
	if served == 0 {
		served = first
	}
	if spare != 0 {
		last = []int{d.plan.add(Stop, Worker(spare), "no longer needed", last...)}
	}
	for _, n := range slices.Backward(need.stop) { // newest first, as people expect of a scale-down
		cause := fmt.Sprintf("worker count %d → %d", len(d.live.Workers()), d.want.Workers)
		if d.want.Workers == 0 {
			cause = "no worker is wanted"
		}
		last = []int{d.plan.add(Stop, Worker(n), cause, last...)}
	}
	return served, last
}

// spare is the number of a worker that may serve while the only one restarts: one that
// can be started, if that is known of it.
func (d *differ) spare() int {
	n := d.want.Workers + 1
	for o := d.live.Unit(Worker(n)); n < MaxWorkers && !o.Startable(); o = d.live.Unit(Worker(n)) {
		n++
	}
	return n
}

// starts plans the workers to add and returns the steps that the rest waits for,
// and the one that proves the configuration or is the first to serve. Where
// others serve, the first worker with a new configuration comes alone, to prove
// it for the rest.
func (d *differ) starts(need needs, tried int, ready []int) (last []int, served int) {
	rest := need.start
	if len(rest) > 0 && (tried != 0 || len(need.running) == 0 && d.want.FirstAlone) {
		served = d.plan.add(Start, Worker(rest[0]), need.causes[rest[0]], ready...)
		last, ready = []int{served}, []int{served}
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return last, served
	}
	last = nil
	for _, n := range rest {
		last = append(last, d.plan.add(Start, Worker(n), need.causes[n], ready...))
	}
	if served == 0 && len(need.running) == 0 {
		served = last[0]
	}
	return last, served
}

// restarts plans the workers to replace, as many at a time as the budget
// allows and never all that serve, and returns the steps that the rest waits
// for. The first comes alone, to prove the configuration for the others.
func (d *differ) restarts(need needs, ready []int) (last []int, first int) {
	budget := max(1, min(d.want.Roll.Budget, len(need.running)-1))
	var steps []int
	for i, n := range need.restart {
		after := ready
		switch {
		case i > budget:
			after = steps[i-budget : i-budget+1]
		case i > 0:
			after = steps[:1]
		}
		steps = append(steps, d.input(d.plan.add(Restart, Worker(n), need.causes[n], after...), need.fresh[n]))
	}
	if len(steps) == 0 {
		return ready, 0
	}
	return steps[max(0, len(steps)-budget):], steps[0]
}
