// SPDX-License-Identifier: Apache-2.0

package input

import (
	"maps"
	"slices"
	"sync"

	"kresd-manager/units"
)

// Ledger is what the processes that run have read of the files that the
// configuration names. It is kept over restarts of the manager, and what of it a
// boot leaves true over boots. It is safe for concurrent use.
type Ledger struct {
	mu   sync.Mutex
	eye  Eye
	runs map[string]run  // by unit
	last map[string]Seen // by path: what a component was last given to read
	// plan is what was seen before the plan that is carried out.
	plan    map[string]Seen
	inputs  []units.Input
	refused map[string]map[string]string // by unit and path
}

// run is one process of a unit.
type run struct {
	// Invocation is systemd's name of it; "" is the one that a step has just
	// started.
	Invocation string            `json:"invocation"`
	Read       map[string]string `json:"read"`
}

// NewLedger returns a Ledger that knows nothing.
func NewLedger() *Ledger {
	return &Ledger{runs: map[string]run{}, last: map[string]Seen{}, refused: map[string]map[string]string{}}
}

// Eye looks at the files.
func (l *Ledger) Eye() *Eye { return &l.eye }

// Fill adds to what is live what the files hold, and what has been read of them.
// Which sources are degraded is known before. It forgets processes that are no
// more.
func (l *Ledger) Fill(live *units.Live, inputs []units.Input, seen map[string]Seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	live.Contents = make(map[string]units.Content, len(seen))
	for p, s := range seen {
		c := s.Content
		c.Modified = s.Modified
		live.Contents[p] = c
	}
	live.Read = map[string]map[string]string{}
	for unit, o := range live.Units {
		if !reads(o) {
			delete(l.runs, unit)
			continue
		}
		r, ok := l.runs[unit]
		switch {
		case ok && r.Invocation == "":
			r.Invocation = o.InvocationID
		case !ok || r.Invocation != o.InvocationID:
			r = run{o.InvocationID, map[string]string{}}
		}
		for _, in := range inputs {
			if _, known := r.Read[in.Path]; !known && readBy(unit, in.Use) {
				r.Read[in.Path] = l.readBy(o, in.Path, seen[in.Path])
			}
		}
		if unit == units.PolicyLoader {
			l.setBack(r.Read, live.Degraded)
		}
		l.runs[unit] = r
		live.Read[unit] = maps.Clone(r.Read)
	}
	live.Refused = map[string]map[string]string{}
	for unit, what := range l.refused {
		live.Refused[unit] = maps.Clone(what)
	}
}

// reads reports whether a unit has a process that has read, or has had one that
// left what it read.
func reads(o units.Observed) bool {
	if o.Name == units.PolicyLoader {
		return o.ActiveState == "active" && o.Result == "success"
	}
	_, worker := units.WorkerNumber(o.Name)
	return worker && o.Running()
}

func readBy(unit string, use units.InputUse) bool {
	return (unit == units.PolicyLoader) == (use == units.UseRules)
}

// readBy is what a process has read that others than the manager have started.
// What was in force before, or has not changed since the process is there, is
// what it has read.
func (l *Ledger) readBy(o units.Observed, path string, now Seen) string {
	switch last, known := l.last[path]; {
	case known && now.ID == last.ID, now.ID == "", o.Began.IsZero() && !known:
		return now.ID
	case !o.Began.IsZero() && now.Since.Before(o.Began) && now.ID != units.Absent:
		return now.ID
	case now.ID == units.Absent && !known:
		return units.Absent
	case known:
		return last.ID
	}
	return units.Another
}

// Plan notes what was seen before a plan is carried out.
func (l *Ledger) Plan(inputs []units.Input, seen map[string]Seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inputs, l.plan = slices.Clone(inputs), seen
}

// Done notes what a step has had a unit read. What changes while the step is
// under way may have been read or not; it is taken for unread, which costs
// reading it twice.
func (l *Ledger) Done(s units.Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.runs[s.Unit]
	switch s.Kind {
	case units.Stop:
		delete(l.runs, s.Unit)
		return
	case units.Start, units.Restart, units.Load:
		r = run{Read: map[string]string{}}
	case units.Renew:
		if !ok {
			return
		}
	default:
		return
	}
	if _, worker := units.WorkerNumber(s.Unit); !worker && s.Unit != units.PolicyLoader {
		return
	}
	l.each(s, func(path string, seen Seen) {
		r.Read[path] = seen.ID
		if seen.ID != "" {
			l.last[path] = seen
		}
	})
	delete(l.refused, s.Unit)
	l.runs[s.Unit] = r
}

// Failed notes that a unit did not take what a step had it read.
func (l *Ledger) Failed(s units.Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what := map[string]string{}
	l.each(s, func(path string, seen Seen) { what[path] = seen.ID })
	unit := s.Unit
	if s.Kind != units.Try {
		l.refused[unit] = what
		return
	}
	for worker := range l.runs { // the canary tries for all
		if worker != units.PolicyLoader {
			l.refused[worker] = what
		}
	}
}

// each calls f for the inputs that a step has its unit read.
func (l *Ledger) each(s units.Step, f func(path string, seen Seen)) {
	for _, in := range l.inputs {
		if readBy(s.Unit, in.Use) && (s.Kind != units.Renew || in.Use == units.UseRenew) {
			f(in.Path, l.plan[in.Path])
		}
	}
}
