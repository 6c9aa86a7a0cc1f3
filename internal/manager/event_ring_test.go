// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"kresd-manager/units"
)

// numbers are those of events; a gap is 0.
func numbers(events []units.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprint(e.N))
	}
	return strings.Join(all, " ")
}

func TestEventsGoOnWhereAReaderWas(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	m := &Manager{}
	run, _, past, first := m.Resume(ctx, "")
	if len(past) != 0 {
		t.Errorf("without an id: %v", past)
	}
	for range 5 {
		m.events.tell(units.Event{Kind: units.EventStep})
	}
	for after, want := range map[string]string{
		"": "", run + "-5": "", run + "-3": "4 5", run + "-0": "1 2 3 4 5",
		run + "-6": "0 1 2 3 4 5", // of no time
		"other-3":  "0 1 2 3 4 5", // of an earlier manager
		run:        "0 1 2 3 4 5",
		"-":        "0 1 2 3 4 5",
		"x":        "0 1 2 3 4 5",
	} {
		same, _, past, _ := m.Resume(ctx, after)
		if got := numbers(past); got != want || same != run {
			t.Errorf("after %q of %s: %q, want %q", after, same, got, want)
		}
		if strings.HasPrefix(want, "0") && (past[0].Kind != units.EventGap || past[0].Error == "") {
			t.Errorf("after %q: %+v", after, past[0])
		}
	}
	// What comes later comes once: in what is past, or in the channel.
	_, _, past, more := m.Resume(ctx, run+"-4")
	m.events.tell(units.Event{Kind: units.EventDone})
	if e := <-more; numbers(past) != "5" || e.N != 6 {
		t.Errorf("%s, then %d", numbers(past), e.N)
	}
	if e := <-first; e.N != 1 {
		t.Errorf("the first reader begins with %d", e.N)
	}
	cancel()
	for range more { // it is closed
	}
}

func TestEventsOfThePastAreBounded(t *testing.T) {
	m := &Manager{}
	run, _, _, _ := m.Resume(t.Context(), "")
	for range ringEvents + 10 {
		m.events.tell(units.Event{Kind: units.EventStep})
	}
	_, _, past, _ := m.Resume(t.Context(), run+"-9")
	if len(past) != ringEvents+1 || past[0].Kind != units.EventGap || past[1].N != 11 {
		t.Errorf("%d events, from %+v", len(past), past[:2])
	}
	if _, _, past, _ = m.Resume(t.Context(), run+"-10"); len(past) != ringEvents || past[0].N != 11 {
		t.Errorf("%d events, from %+v", len(past), past[0])
	}
	large := &units.Plan{Steps: make([]units.Step, ringSteps/3)}
	for range 10 {
		m.events.tell(units.Event{Kind: units.EventBegin, Plan: large})
	}
	if r := &m.events.ring; len(r.past) != 3 || r.steps > ringSteps {
		t.Errorf("%d events with %d steps", len(r.past), r.steps)
	}
	m.events.tell(units.Event{Kind: units.EventBegin, Plan: &units.Plan{Steps: make([]units.Step, 2*ringSteps)}})
	if r := &m.events.ring; len(r.past) != 1 {
		t.Errorf("%d events", len(r.past)) // the last one stays, however large
	}
}
