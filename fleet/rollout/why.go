// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"strings"
)

// waits says in words what a rollout waits for.
func (r Record) waits(c crowd) string {
	var parts []string
	add := func(n int, format string, of func(Host) bool) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n)+": "+c.some(of))
		}
	}
	add(c.InFlight, "%d in flight", func(h Host) bool { return h.Alive && h.inFlight() })
	if r.Phase == Preflight || c.Ready == 0 {
		add(c.Unasked, "%d have not answered", func(h Host) bool { return h.Alive && h.State == Idle })
	}
	if r.Phase.back() {
		add(c.backward(), "%d have to go back", Host.goesBack)
	} else {
		add(c.Ready, "%d ready", func(h Host) bool { return h.Alive && h.State == Planned })
	}
	if r.Policy.Spread != "" && c.InFlight > 0 && (r.Phase.back() || c.Ready > 0) {
		parts = append(parts, "no two at a time of the same "+r.Policy.Spread)
	}
	if len(c.busy) > 0 {
		parts = append(parts, "kres-fleet roll runs on "+strings.Join(c.busy[:min(3, len(c.busy))], ", "))
	}
	if c.Out > 0 { // with reasons below
		parts = append(parts, fmt.Sprintf("%d passed over: %s", c.Out, c.names(func(h Host) bool { return h.Alive && h.out() })))
	}
	if len(parts) == 0 {
		return "no host can start"
	}
	return strings.Join(parts, "; ")
}

// Why says in words, a line each, why a rollout stands where it stands: what it waits
// for and which hosts it passes over. clock is nil where no one measures.
func Why(r Record, hosts []Host, clock *Clock) []string {
	c := r.crowd(hosts)
	var lines []string
	switch r.Phase {
	case Paused:
		lines = append(lines, "paused: "+r.Reason, "kres-fleet rollout resume goes on, kres-fleet rollout revert goes back")
	case Soaking:
		text := fmt.Sprintf("stage %d of %d is watched for %s", r.Stage+1, r.Policy.stages(), r.Policy.Soak)
		if clock != nil {
			text += fmt.Sprintf(", %s to go", max(0, r.Policy.Soak.Duration()-clock.InStage).Round(1e9))
		}
		lines = append(lines, text)
	case Preflight:
		lines = append(lines, "every host tries the release without changing anything; "+r.waits(c))
	case Rolling:
		lines = append(lines, fmt.Sprintf("stage %d of %d, at most %d at a time; %s", r.Stage+1, r.Policy.stages(), r.Policy.parallel(c.counted()), r.waits(c)))
	case Reverting:
		lines = append(lines, "all go back: "+r.Reason, r.waits(c))
	case Done:
		if why := r.late(c); why != "" && c.Ready > 0 {
			lines = append(lines, "hosts that came late do not start: "+why)
		}
	case Reverted:
		lines = append(lines, "went back: "+r.Reason)
	}
	for _, group := range []struct {
		text    string
		of      func(Host) bool
		reasons bool
	}{
		{"failed", Host.failed, true},
		{"no data", func(h Host) bool { return h.State == Inconclusive }, true},
		{"away", func(h Host) bool { return !h.Alive }, false},
		{"drifted", func(h Host) bool { return h.Alive && h.State == Drifted }, true},
		{"blocked", func(h Host) bool { return h.Alive && h.State == Blocked }, true},
	} {
		if who := c.named(group.of, group.reasons); who != "" {
			lines = append(lines, group.text+": "+who)
		}
	}
	var held []string
	for _, h := range c.hosts {
		if h.State == Held {
			held = append(held, h.ID)
		}
	}
	if len(held) > 0 {
		lines = append(lines, "held: "+strings.Join(held, ", "))
	}
	return lines
}
