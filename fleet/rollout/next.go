// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"slices"
	"time"
)

// Clock is what time it is: how long the record has been in its stage and phase, and for
// how long no host has moved. Both are measured by one process that has seen the
// beginning, or counts from when it came.
type Clock struct {
	InStage, Quiet time.Duration
	// Gate is what the gate of the policy says, if there is one.
	Gate Gate
}

// Gate is whether a rollout may go on, as far as that is known.
type Gate struct {
	Open bool
	// Why says in words why it has to wait for a person, "" while it need not.
	Why string
}

// View is what one who decides has read of a store.
type View struct {
	Record Record
	// At is the revision of the record.
	At int64
	// Hosts are all of them, as they were in the revision Basis.
	Hosts []Host
	Basis int64
	// Busy are hosts that run a command in the budget of the rollout, by name.
	Busy []string
}

// Next is what a record should be now: the same one where nothing is to be done.
//
// Between the moment that the view is of and the write of a record, hosts start that the
// record before it admits. So a record that admits hosts is followed only by one that
// admits all of them, too, for as long as they are not seen to have started, or by one that
// admits none; and after that one, hosts are admitted only by who has seen all that was
// before it. No one decides who knows less of the hosts than whoever wrote the record did.
// Thus no start is ever overlooked, however old the view is.
func Next(v View, now Clock) Record {
	r := v.Record
	if v.behind() {
		return r
	}
	next := r
	next.Threshold = slices.Clone(r.Threshold)
	c := next.crowd(v.Hosts)
	c.busy = v.Busy
	next.step(c, now)
	fresh := next.admit(c, next.passes(now))
	if r.admitsAny() {
		outstanding := r.outstanding(c)
		switch {
		case slices.ContainsFunc(outstanding, func(h Host) bool { return !next.counts(h, v.Basis) }):
			next.Threshold, fresh = nil, false
		case len(outstanding) == 0 && !next.admitsAny() && next.stands(r):
			return r // it admits no one any more as it is
		}
	} else if v.Basis < v.At {
		next.Threshold, fresh = nil, false
	}
	if next.stands(r) && slices.Equal(next.Threshold, r.Threshold) && (!fresh || v.Basis == r.Basis) || !next.admitsAny() && !r.admitsAny() && next.stands(r) {
		return r
	}
	next.Version++
	next.Basis = v.Basis
	return next
}

// passes reports whether the gate lets hosts start.
func (r Record) passes(now Clock) bool { return !r.Gated() || now.Gate.Open }

// Gated reports whether the gate has to be asked.
func (r Record) Gated() bool {
	return r.Policy.Gate != "" && (r.Phase == Preflight || r.Phase == Rolling || r.Phase == Soaking)
}

// behind reports whether the record was written by more than the view has: it may admit a
// host that was not ready yet in the view, and whose start would be overlooked. A basis that
// comes after the record itself is of another store.
func (v View) behind() bool { return v.Basis < v.Record.Basis && v.Record.Basis <= v.At }

// Owes reports whether nothing is decided, or no host admitted, only because whoever decides
// has not seen all that was before the record.
func (v View) Owes() bool {
	return v.behind() || (v.Record.Phase == Rolling || v.Record.Phase == Done || v.Record.Back()) && !v.Record.admitsAny() && v.Basis < v.At
}

// admitsAny reports whether a record admits any host.
func (r Record) admitsAny() bool {
	return (r.Phase == Rolling || r.Phase == Done || r.Phase.back()) && slices.ContainsFunc(r.Threshold, func(t Rank) bool { return t != "" })
}

// outstanding are the hosts that a record admits and that are not seen to have started.
func (r Record) outstanding(c crowd) (hosts []Host) {
	for _, h := range c.hosts {
		if h.Rank != "" && r.candidate(h) && r.Admits(h.Rank, h.Tags, h.Revision) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// counts reports whether a record that is written on a basis admits a host and has a place
// for it.
func (r Record) counts(h Host, basis int64) bool {
	r.Basis = basis
	return r.candidate(h) && r.Admits(h.Rank, h.Tags, h.Revision)
}

// candidate reports whether a host starts when it is admitted. One that an operator holds
// may not have heard it yet.
func (r Record) candidate(h Host) bool {
	if r.Phase.back() {
		return h.goesBack()
	}
	return h.Alive && (h.State == Planned || h.Told == Planned)
}

// stands reports whether two records differ in nothing that a decision makes, but for
// whom they admit.
func (r Record) stands(o Record) bool {
	return r.Phase == o.Phase && r.Stage == o.Stage && r.Reason == o.Reason && r.Resume == o.Resume
}

// step goes on to the phase and stage that are due.
func (r *Record) step(c crowd, now Clock) {
	switch r.Phase {
	case Reverting:
		if c.InFlight == 0 && c.backward() == 0 {
			r.Phase = Reverted
		}
		return
	case Reverted, Done:
		return
	}
	if r.Phase == Paused && r.Resume == Reverting {
		return
	}
	if reason := r.fails(c); reason != "" {
		r.Phase, r.Resume, r.Reason = Reverting, "", reason
		if c.InFlight == 0 && c.backward() == 0 {
			r.Phase = Reverted
		}
		return
	}
	if r.Phase == Paused {
		return
	}
	if reason := r.stops(c, now); reason != "" {
		r.Pause(reason)
		return
	}
	switch r.Phase {
	case Preflight:
		if c.Unasked == 0 && c.Ready+c.OK > 0 { // a record that was put back may know less than hosts do
			r.Phase, r.Stage = Rolling, 0
		}
	case Rolling:
		if r.complete(c) {
			r.Phase = Soaking
			if r.Stage == r.Policy.stages()-1 {
				r.Phase = Done
			}
		}
	case Soaking:
		if now.InStage >= r.Policy.Soak.Duration() && r.passes(now) {
			r.advance(c)
		}
	}
}

// Pause stops a rollout that has not ended.
func (r *Record) Pause(reason string) {
	if !r.Phase.Ended() && r.Phase != Paused {
		r.Resume, r.Phase, r.Reason = r.Phase, Paused, reason
	}
}

// fails says why all have to go back, "" if they do not.
func (r Record) fails(c crowd) string {
	n, allowed := c.Failed, r.allowed(c)
	if n <= allowed && !c.canaryFailed {
		return ""
	}
	who := c.some(Host.failed)
	switch {
	case r.Phase == Preflight:
		return fmt.Sprintf("%d of %d hosts cannot have it, and none has changed: %s", n, c.counted(), who)
	case c.canaryFailed && n <= allowed, r.Stage == 0:
		return "failed in the canary ring: " + who
	}
	return fmt.Sprintf("%d of %d hosts failed, and max-failed %s allows %d: %s", n, c.counted(), r.Policy.MaxFailed, allowed, who)
}

// allowed is how many hosts may fail now.
func (r Record) allowed(c crowd) int {
	if r.Phase == Preflight || r.Stage == 0 {
		return 0
	}
	return r.Policy.MaxFailed.Of(c.counted())
}

// stops says why a rollout has to wait for a person, "" if it does not. What is not known
// does not count as good.
func (r Record) stops(c crowd, now Clock) string {
	allowed := r.allowed(c)
	missing := r.Policy.MaxMissing.Of(c.counted())
	switch {
	case c.counted() == 0:
		return "no host has reported yet, or all are held"
	case c.Lost > 0 && (c.Failed+c.Lost > allowed || c.canaryLost):
		return "lost in the middle of its change: " + c.some(func(h Host) bool { return !h.Alive && h.inFlight() })
	case c.Inconclusive > 0 && r.Policy.OnInconclusive != InconclusivePasses:
		return "no data to judge the release by: " + c.some(func(h Host) bool { return h.State == Inconclusive })
	case c.Missing > missing:
		return fmt.Sprintf("%d of %d hosts are away, and max-missing %s allows %d: %s",
			c.Missing, c.counted(), r.Policy.MaxMissing, missing, c.names(func(h Host) bool { return !h.Alive }))
	case r.Gated() && now.Gate.Why != "":
		return now.Gate.Why
	case r.Phase != Soaking && now.Quiet >= r.Policy.ProgressDeadline.Duration():
		return fmt.Sprintf("nothing has moved for %s: %s", r.Policy.ProgressDeadline, r.waits(c))
	}
	return ""
}

// late says why hosts that come late do not start though the rollout is done, "" if they do.
func (r Record) late(c crowd) string {
	bad := c.Failed + c.Lost
	if r.Policy.OnInconclusive != InconclusivePasses {
		bad += c.Inconclusive
	}
	switch allowed := r.allowed(c); {
	case c.canaryFailed || c.canaryLost:
		return "a host of a canary ring failed: " + c.some(func(h Host) bool { return h.failed() || !h.Alive && h.inFlight() })
	case bad > allowed:
		return fmt.Sprintf("%d of %d hosts failed or were lost, and max-failed %s allows %d", bad, c.counted(), r.Policy.MaxFailed, allowed)
	}
	return ""
}

// complete reports whether a stage has come to its end.
func (r Record) complete(c crowd) bool {
	if c.InFlight > 0 || r.Stage == 0 && c.OK == 0 {
		return false
	}
	return !slices.ContainsFunc(r.open(c), func(n int) bool { return n > 0 })
}

// advance goes to the next stage in which a host can start, or to the end.
func (r *Record) advance(c crowd) {
	r.Phase = Rolling
	for last := r.Policy.stages() - 1; r.Stage < last; {
		r.Stage++
		if !r.complete(c) {
			return
		}
	}
	r.Phase = Done
}

// quota is how many hosts of a ring may have tried the release in the stage.
func (r Record) quota(c crowd, ring int) int {
	last := len(r.Policy.Rings) - 1
	switch {
	case r.Phase == Done:
		return c.sizes[ring]
	case r.Stage == 0:
		return 1 // of all rings: see open
	case ring < last:
		if ring < r.Stage {
			return c.sizes[ring]
		}
		return 0
	case r.Stage <= last:
		return 0
	}
	return max(1, r.Policy.Steps[r.Stage-last-1].Of(c.sizes[last]))
}

// open is how many ready hosts of each ring the stage has a place for, whatever the limit
// on those in flight.
func (r Record) open(c crowd) []int {
	ready, tried := make([]int, len(c.sizes)), make([]int, len(c.sizes))
	for i, h := range c.hosts {
		count(&ready[c.rings[i]], h.Alive && h.State == Planned)
		count(&tried[c.rings[i]], h.Tried && h.State != Held)
	}
	open := make([]int, len(c.sizes))
	left := len(c.hosts)
	if r.Stage == 0 && r.Phase != Done {
		left = max(0, 1-c.Tried)
	}
	for i := range open {
		open[i] = min(left, max(0, min(ready[i], r.quota(c, i)-tried[i])))
		left -= open[i]
	}
	return open
}

// backward is how many hosts are there that run the release and can go back.
func (c crowd) backward() (n int) {
	for _, h := range c.hosts {
		count(&n, h.goesBack())
	}
	return n
}

func (h Host) goesBack() bool {
	return h.Alive && h.On && !h.inFlight() && h.State != Stuck && h.State != Held
}

// admit sets the thresholds. fresh tells that they admit a host that was not known to be
// ready when the record was written.
func (r *Record) admit(c crowd, passes bool) (fresh bool) {
	free := max(0, r.Policy.parallel(c.counted())-c.InFlight)
	if !r.Phase.back() { // going back does not wait for upgrades
		free = max(0, free-len(c.busy))
	}
	var places []int
	switch {
	case r.Phase.back():
		places = []int{min(free, c.backward())}
	case r.Phase == Rolling && passes, r.Phase == Done && r.late(c) == "":
		places = r.open(c)
		for i := range places {
			places[i] = min(places[i], free)
			free -= places[i]
		}
	default:
		places = make([]int, len(c.sizes))
	}
	r.Threshold = make([]Rank, len(places))
	taken := make(map[string]bool)
	for _, h := range c.hosts {
		if h.Alive && h.inFlight() {
			taken[r.Policy.place(h)] = true
		}
	}
	taken[""] = false
	for i, h := range c.hosts {
		ring := c.rings[i]
		if r.Phase.back() {
			ring = 0
		}
		if places[ring] > 0 && h.Rank != "" && r.candidate(h) {
			place := r.Policy.place(h)
			if taken[place] { // all behind it wait: a threshold admits whoever is below
				places[ring] = 0
				continue
			}
			taken[place] = place != ""
			places[ring]--
			r.Threshold[ring] = h.Rank
			fresh = fresh || h.Revision > r.Basis
		}
	}
	return fresh
}

// Progress changes whenever a host or the record moves.
func Progress(r Record, hosts []Host) string {
	c := Count(r, hosts)
	c.Alive, c.Missing = 0, 0 // coming and going is no progress
	return fmt.Sprint(r.ID, r.Phase, r.Stage, c)
}
