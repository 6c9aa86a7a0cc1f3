// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
)

// removals stops the components that are not wanted any more. Where nothing at
// all is wanted they stop last: what workers use is there to their end.
func (d *differ) removals() {
	if d.want.Workers == 0 && len(d.live.Workers()) > 0 {
		return
	}
	var stopped []int
	for _, unit := range d.unwanted() {
		stopped = append(stopped, d.plan.add(Stop, unit, "is not wanted any more", d.ready...))
	}
	if len(stopped) > 0 {
		d.ready = stopped
	}
}

// unwanted returns the units of components that run and should not.
func (d *differ) unwanted() []string {
	return slices.DeleteFunc(d.live.Components(), func(unit string) bool {
		return slices.ContainsFunc(d.want.Components, func(c Component) bool { return c.Unit() == unit })
	})
}

// components plans those with priorities from low to high, the highest first.
// Components of one priority start together; what follows waits for all.
func (d *differ) components(low, high int) {
	last := low <= PriorityWorkers
	if last {
		if d.want.Workers == 0 && len(d.live.Workers()) > 0 {
			for _, unit := range d.unwanted() {
				d.plan.add(Stop, unit, "no worker is wanted", d.left...)
			}
		}
		if len(d.want.Components) > 0 && d.served != 0 {
			d.ready = d.left
		}
	}
	var group []int
	for i, c := range d.want.Components {
		if c.Priority < low || c.Priority > high {
			continue
		}
		if n := d.component(c); n != 0 {
			group = append(group, n)
		}
		end := i+1 == len(d.want.Components) || d.want.Components[i+1].Priority != c.Priority
		if end && len(group) > 0 {
			d.ready, group = group, nil
		}
	}
}

// component plans one and returns its step, 0 if it needs none.
func (d *differ) component(c Component) int {
	o := d.live.Unit(c.Unit())
	var n int
	switch {
	case d.opt.Patient && o.InTransition(), o.Idle() && o.Masked():
	case o.Idle():
		cause := "is not running"
		if o.ActiveState == "failed" {
			cause = "has failed"
		}
		n = d.plan.add(Start, c.Unit(), cause, d.ready...)
	case !o.Running():
		n = d.plan.add(Restart, c.Unit(), fmt.Sprintf("is %s (%s)", o.ActiveState, o.SubState), d.ready...)
	case o.StatusText != ComponentStatus+c.Hash:
		n = d.plan.add(Restart, c.Unit(), "command changed", d.ready...)
	case d.opt.Force:
		n = d.plan.add(Restart, c.Unit(), "restart was asked for", d.ready...)
	}
	if n != 0 && c.Kind == Dispensable {
		d.optional(n)
	}
	return n
}
