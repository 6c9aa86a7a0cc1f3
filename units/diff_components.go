// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"math"
	"slices"
)

// removals stops the components that are not wanted any more, and returns what
// the rest waits for. Where nothing at all is wanted they stop last: what workers
// use is there to their end.
func (d *differ) removals(ready []int) []int {
	if d.endsAll() {
		return ready
	}
	var stopped []int
	for _, unit := range d.unwanted() {
		stopped = append(stopped, d.plan.add(Stop, unit, "is not wanted any more", ready...))
	}
	if len(stopped) > 0 {
		return stopped
	}
	return ready
}

// endsAll means that workers run and none is wanted.
func (d *differ) endsAll() bool { return d.want.Workers == 0 && len(d.live.Workers()) > 0 }

// unwanted returns the units of components that run and should not, without those
// that are frozen: systemd stops none of them.
func (d *differ) unwanted() []string {
	return slices.DeleteFunc(d.live.Components(), func(unit string) bool {
		return d.live.Unit(unit).Frozen() || slices.ContainsFunc(d.want.Components, func(c Component) bool { return c.Unit() == unit })
	})
}

// lastComponents plans those that come after the workers, or end after them: when
// workers come or go all of that is waited for, or else nothing but ready.
func (d *differ) lastComponents(ready []int, served int, left []int) {
	if d.endsAll() {
		for _, unit := range d.unwanted() {
			d.plan.add(Stop, unit, "no worker is wanted", left...)
		}
	}
	if served != 0 {
		ready = left
	}
	d.components(ready, math.MinInt, PriorityWorkers)
}

// components plans those with priorities from low to high, the highest first, and
// returns what the rest waits for. Components of one priority start together;
// what follows waits for all.
func (d *differ) components(ready []int, low, high int) []int {
	var group []int
	for i, c := range d.want.Components {
		if c.Priority < low || c.Priority > high {
			continue
		}
		if n := d.component(c, ready); n != 0 {
			group = append(group, n)
		}
		end := i+1 == len(d.want.Components) || d.want.Components[i+1].Priority != c.Priority
		if end && len(group) > 0 {
			ready, group = group, nil
		}
	}
	return ready
}

// component plans one and returns its step, 0 if it needs none.
func (d *differ) component(c Component, ready []int) int {
	o := d.live.Unit(c.Unit())
	var n int
	switch {
	case d.opt.Patient && o.InTransition(), o.Idle() && o.Masked(), o.Frozen():
	case o.Idle():
		cause := notRunning
		if o.ActiveState == "failed" {
			cause = "has failed"
		}
		n = d.plan.add(Start, c.Unit(), cause, ready...)
	case !o.Running():
		n = d.plan.add(Restart, c.Unit(), fmt.Sprintf("is %s (%s)", o.ActiveState, o.SubState), ready...)
	case o.StatusText != ComponentStatus+c.Hash:
		n = d.plan.add(Restart, c.Unit(), "command changed", ready...)
	case d.asked(c.Unit()):
		n = d.plan.add(Restart, c.Unit(), "restart was asked for", ready...)
	}
	if n != 0 && c.Kind == Dispensable {
		d.optional(n)
	}
	return n
}
