// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"

	"kresd-manager/units"
)

// Bounds of what is remembered of events, so that a reader who was cut off can go on
// where it was: so many, and so many steps in their plans.
const (
	ringEvents = 512
	ringSteps  = 8192
)

// ring has the last events, oldest first. It is part of events, and held with it.
type ring struct {
	past  []units.Event
	steps int
}

func stepsOf(e *units.Event) int {
	if e.Plan == nil {
		return 0
	}
	return len(e.Plan.Steps)
}

func (r *ring) add(e units.Event) {
	r.past = append(r.past, e)
	r.steps += stepsOf(&e)
	drop := 0
	for len(r.past)-drop > ringEvents || r.steps > ringSteps && len(r.past)-drop > 1 {
		r.steps -= stepsOf(&r.past[drop])
		drop++
	}
	if drop > 0 {
		clear(r.past[:drop]) // the array may stay for a while
		r.past = r.past[drop:]
	}
}

// after is what came after the event with a number, and whether nothing in between is
// forgotten. last is the number of the last event there was.
func (r *ring) after(n, last uint64) (events []units.Event, whole bool) {
	for i := range r.past {
		if r.past[i].N > n {
			return r.past[i:], r.past[i].N == n+1
		}
	}
	return nil, n == last
}

// newRun names this process in ids of events, whose numbers begin again with each.
func newRun() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand.Read
	return hex.EncodeToString(b[:])
}

// Resume is Events for a reader that has seen some: after is the id of the last one, ""
// for none. What has happened since comes first, as far as it is remembered; where it
// is not, an event of [units.EventGap] says so. run and the number of an event, with -
// between them, are its id; now is the number of the last one, 0 before the first.
func (m *Manager) Resume(ctx context.Context, after string) (run string, now uint64, past []units.Event, more <-chan units.Event) {
	e := &m.events
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.run == "" {
		e.run = newRun()
	}
	more = e.listenLocked(ctx)
	if after == "" {
		return e.run, e.n, nil, more
	}
	of, number, _ := strings.Cut(after, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	why := ""
	var known []units.Event
	switch {
	case of == e.run && err == nil && n <= e.n:
		var whole bool
		if known, whole = e.ring.after(n, e.n); !whole {
			why = "some events are no longer known"
		}
	default: // all that is known came later
		known, _ = e.ring.after(0, e.n)
		why = "the manager was started again, and what it told before is no longer known"
	}
	if why != "" {
		past = append(past, units.Gap(why))
	}
	return e.run, e.n, append(past, known...), more
}
