// SPDX-License-Identifier: Apache-2.0

package units

import (
	"cmp"
	"fmt"
	"slices"
)

// rules plans the load of the rules and tells the workers that stay. It returns
// what the rest waits for.
func (d *differ) rules(need needs, ready []int) []int {
	if d.want.Workers == 0 {
		if o := d.live.Unit(PolicyLoader); !o.Idle() {
			// Stopped, so that the next start loads the rules again.
			d.plan.add(Stop, PolicyLoader, "no worker is wanted")
		}
		return ready
	}
	fresh := d.retried(d.stale(PolicyLoader, UseRules))
	if d.live.rulesLoaded(d.want.RulesHash) && !d.opt.Force && !d.opt.Renew && len(fresh) == 0 {
		if d.opt.Reset {
			d.resets(need, "rules may have changed", 0)
		} else {
			d.untold(need)
		}
		return ready
	}
	o := d.live.Unit(PolicyLoader)
	if d.opt.Patient && (o.InTransition() || o.ActiveState == "failed" && !d.opt.Retry || o.Idle() && o.Masked()) {
		// Old rules are in force, and the same text would fail again. What no one may
		// start holds up no other repair either.
		return ready
	}
	cause := d.words(differs("rules", o.ConfigHash(), d.want.RulesHash), cmp.Or(d.changed(partRules), "other rules"))
	switch {
	case d.live.rulesLoaded(d.want.RulesHash) && len(fresh) > 0:
		cause = d.because(fresh)
	case d.live.rulesLoaded(d.want.RulesHash):
		cause = "reload was asked for"
	case d.live.Faults[PolicyLoader].Kind == RulesGone:
		cause = d.live.Faults[PolicyLoader].Why
	case o.ActiveState == "failed":
		cause = "the last run failed"
	case o.Idle():
		cause = "no rules are loaded"
	}
	loaded := d.input(d.plan.add(Load, PolicyLoader, cause, ready...), fresh)
	d.plan.Steps[loaded-1].Strict = d.opt.Sources.Strict(d.want.Inputs, d.opt.Named, d.live)
	d.resets(need, rulesChanged, loaded)
	return []int{loaded}
}

// rulesChanged is why workers are told after a load.
const rulesChanged = "rules changed"

// resets tells the workers that stay, after the load if there is one. One that is
// about to be restarted or removed sees the new rules without being told, or need
// not.
func (d *differ) resets(need needs, cause string, loaded int) {
	for _, n := range need.stay() {
		d.plan.add(Reset, Worker(n), cause, loaded)
	}
}

// certificates are read by a worker that starts; those that stay are told, once
// the configuration that names them is proven.
func (d *differ) certificates(need needs, tried int) {
	if d.want.Cert == "" {
		return
	}
	for _, n := range need.stay() {
		fresh := d.stale(Worker(n), UseRenew)
		cause := "the certificate may have changed"
		switch {
		case len(fresh) > 0:
			cause = d.because(fresh)
		case !d.opt.Renew:
			continue
		}
		d.input(d.plan.add(Renew, Worker(n), cause, tried), fresh)
	}
}

// gc comes after the first worker, which creates the cache it looks at.
func (d *differ) gc(ready []int, served int) {
	o := d.live.Unit(CacheGC)
	if served != 0 {
		ready = []int{served}
	}
	switch {
	case d.want.GC == nil:
		if !o.Idle() && !o.Frozen() {
			cause := "garbage collection is off"
			if d.want.Workers == 0 {
				cause = "no worker is wanted"
			}
			d.plan.add(Stop, CacheGC, cause)
		}
	case d.opt.Patient && o.InTransition(), o.Idle() && o.Masked(), o.Frozen():
	case o.Idle():
		cause := notRunning
		if o.ActiveState == "failed" {
			cause = "has failed"
		}
		d.optional(d.plan.add(Start, CacheGC, cause, ready...))
	case !o.Running():
		// Its options are not known, and may be what it crashes for.
		d.optional(d.plan.add(Restart, CacheGC, fmt.Sprintf("is %s (%s)", o.ActiveState, o.SubState), ready...))
	case len(o.Args) > 0 && !slices.Equal(o.Args, d.want.GC):
		d.optional(d.plan.add(Restart, CacheGC, d.words("options changed", d.changed(partGC)), ready...))
	case d.asked(CacheGC):
		d.optional(d.plan.add(Restart, CacheGC, "restart was asked for", ready...))
	}
}
