// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"cmp"
	"fmt"

	"kresd-manager/internal/message"
	"kresd-manager/internal/metrics"
	"kresd-manager/units"
)

// Crashes of units, as part of the look for drift: systemd starts again what ended by
// itself, so that there is nothing to repair, but somebody should hear of it.

// crashes is what was seen of the units the last time. Only the loop uses it.
type crashes map[string]restarts

// restarts is how often systemd has started a unit again by itself, and how it ended
// last, as far as that was seen.
type restarts struct {
	n      int
	result string
}

// found returns the units that ended by themselves since the last look, with how. Of
// a unit that is seen for the first time nothing is known.
func (c crashes) found(live units.Live) map[string]string {
	ended := map[string]string{}
	for name, o := range live.Units {
		last, known := c[name]
		now := restarts{o.Restarts, cmp.Or(o.Ended, last.result)}
		if o.Result != "" && o.Result != "success" {
			now.result = o.Result
		}
		switch {
		case known && now.n != last.n && now.n > 0: // a start by hand begins at 0 again
			ended[name] = cmp.Or(now.result, "unknown")
			now.result = ""
		case known && now.n != last.n:
			now.result = ""
		}
		c[name] = now
	}
	for name := range c {
		if _, there := live.Units[name]; !there {
			delete(c, name)
		}
	}
	return ended
}

// tellCrashes tells of units that ended by themselves.
func (m *Manager) tellCrashes(live units.Live) {
	for name, how := range m.crashes.found(live) {
		m.tally.crashes.add(metrics.Crash{Unit: name, Result: how})
		o := live.Unit(name)
		text := fmt.Sprintf("%s ended by itself (%s), and systemd started it again; restarts since it was last started by hand: %d", name, how, o.Restarts)
		m.o.Log.Error(text, message.About{Kind: message.UnitCrashed, Unit: name}.Attr())
		m.tell(units.Event{Kind: units.EventCrash, Unit: name, Error: text, Generation: m.current.Load().desired.Generation})
	}
}
