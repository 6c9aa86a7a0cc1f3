// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kresd-manager/units"
)

// follower knows the steps that the manager has taken, and when it began them, from its events.
type follower struct {
	mutex sync.Mutex
	done  []units.Event
}

// followSteps reads the events of a side until end is called. What cannot be read has no
// steps: traces are for people, and nothing is judged by them.
func (s *side) followSteps(ctx context.Context) (f *follower, end func()) {
	f = new(follower)
	c, err := s.dial(ctx)
	if err != nil {
		return f, func() {}
	}
	fmt.Fprint(c, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(c.r)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			text, ok := strings.CutPrefix(lines.Text(), "data: ")
			var e units.Event
			if !ok || json.Unmarshal([]byte(text), &e) != nil || e.Kind != units.EventBegin && (e.Kind != units.EventDone || e.Step == nil) {
				continue
			}
			f.mutex.Lock()
			f.done = append(f.done, e)
			f.mutex.Unlock()
		}
	})
	return f, func() { c.Close(); reading.Wait() }
}

// untilBegun is all that comes before the first step.
const untilBegun = "read, validate, render, plan, write down"

// since returns the steps that ended after a moment, in the order in which they began, after
// what came before them, and forgets those before. Events come a little after the answer
// that ends a change.
func (f *follower) since(began time.Time) []span {
	time.Sleep(20 * time.Millisecond)
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var all []span
	for _, e := range f.done {
		if e.When.Before(began) {
			continue
		}
		to := e.When.Sub(began).Seconds()
		if e.Step == nil {
			all = append(all, span{untilBegun, 0, to})
			continue
		}
		all = append(all, span{fmt.Sprintf("%s %s", e.Step.Kind, e.Step.Unit), max(0, to-time.Duration(e.Took).Seconds()), to})
	}
	f.done = nil
	slices.SortStableFunc(all, func(a, b span) int { return int((a.From - b.From) * 1e9) })
	return all
}
