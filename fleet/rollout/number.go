// SPDX-License-Identifier: Apache-2.0

package rollout

import "slices"

// MostAhead is how far the number of a rollout may be above the last one that a host has
// seen. No host takes one that is lower than what it has seen, and no one signs records: a
// number near the highest there is would be the last one that a fleet ever has. Numbers
// that people make of dates and of seconds are nearer.
const MostAhead = 10_000_000_000

// TooFar reports whether a host that has seen a rollout, 0 is none, does not believe in
// this one.
func (r Record) TooFar(seen int) bool { return r.ID > seen && r.ID-seen > MostAhead }

// NextID is a number that no rollout had, as far as the record and the hosts know: a store
// that was set back must not give one twice. What is far above all that half of the hosts
// have seen is no number that was given, but one that was made up: odd names the hosts that
// tell of one. last is that of the record, 0 if there is none that can be read.
func NextID(last int, hosts []Host) (id int, odd []string) {
	var seen []int
	for _, h := range hosts {
		seen = append(seen, h.Rollout)
	}
	slices.Sort(seen)
	half := 0
	if len(seen) > 0 {
		half = max(0, seen[(len(seen)-1)/2])
	}
	id = half
	believed := func(n int) bool { return n <= half || n-half <= MostAhead }
	if believed(last) {
		id = max(id, last)
	}
	for _, h := range hosts {
		if !believed(h.Rollout) {
			odd = append(odd, h.ID)
			continue
		}
		id = max(id, h.Rollout)
	}
	slices.Sort(odd)
	return id + 1, odd
}
