// SPDX-License-Identifier: Apache-2.0

// Package fakesystemd is a systemd in memory for the tests of package manager.
// Its units behave: what they start reads the generation that the store's links
// lead to, announces it as the real daemons do, and can fail in every way that
// systemd knows, on demand. Which units belong together, and in which order their
// jobs run, is read from the unit files that are installed. An administrator can
// act between any two calls of the manager. It leaves the bus, and real processes,
// to others.
package fakesystemd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kresd-manager/internal/kresd"
	"kresd-manager/units"
)

// Systemd is PID 1 and all processes below it. It is safe for concurrent use.
type Systemd struct {
	// Took is how long a job takes. It is meant for tests in a bubble of
	// testing/synctest.
	Took time.Duration

	root string // of the store that the units read from

	hook    sync.Mutex // what follows is the administrator's
	act     func(Moment)
	moments int

	mu       sync.Mutex
	units    map[string]*unit
	faults   map[string][]Fault   // by call; consumed from the front
	broken   map[string]Fault     // by call; for good
	jobs     []string             // calls
	queue    map[string]*job      // by unit
	graph    map[string]relations // by unit
	rules    string               // what the rule database holds
	stock    string               // state of the stock service
	ending   string               // the job of the manager's own unit
	ended    units.Mark           // jobs of the target
	journal  map[string][]string
	limits   map[string]units.Limits // that were set, by unit
	texts    map[string]string       // properties of all services, by name
	serial   int                     // of processes, jobs and invocations
	least    int                     // fewest workers that served at once since Watch
	cleared  []kresd.Clear           // of the cache
	resolved map[string]bool         // by type and name
	usage    float64                 // of the cache, in percent
}

// unit is what systemd knows of one unit, and its processes.
type unit struct {
	o     units.Observed
	sees  string // rules that the worker answers with
	limit bool   // the start limit has been hit

	frozen bool
}

// New returns a system on which nothing runs. Its units read from root, beside
// which is the run directory.
func New(root string) *Systemd {
	return &Systemd{
		root:    root,
		units:   map[string]*unit{},
		queue:   map[string]*job{},
		graph:   map[string]relations{},
		faults:  map[string][]Fault{},
		broken:  map[string]Fault{},
		journal: map[string][]string{},
		limits:  map[string]units.Limits{},
		texts:   map[string]string{"Restart": "always", "Slice": "system-kresd.slice"},
	}
}

// Jobs returns the calls since the last time that changed something, in the
// order in which they began, as "VERB UNIT".
func (s *Systemd) Jobs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs
	s.jobs = nil
	return j
}

// Watch begins a measurement of LeastServing.
func (s *Systemd) Watch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = nil
	s.least = s.servingLocked()
}

// LeastServing returns how many workers served at the worst moment since Watch.
func (s *Systemd) LeastServing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.least
}

func (s *Systemd) servingLocked() int {
	n := 0
	for name, u := range s.units {
		if _, worker := units.WorkerNumber(name); worker && u.o.Running() {
			n++
		}
	}
	return n
}

// call is how every call of the manager begins: it takes the next fault. What it
// returns with that is to be called when the call has had its effect.
func (s *Systemd) call(ctx context.Context, verb, name string) (f Fault, end func(), err error) {
	s.moment(verb, name, false)
	f, err = s.fault(ctx, verb, name)
	return f, func() { s.moment(verb, name, true) }, err
}

func (s *Systemd) fault(ctx context.Context, verb, name string) (Fault, error) {
	if err := ctx.Err(); err != nil {
		return None, fmt.Errorf("cannot %s %s: %w", verb, name, err)
	}
	s.mu.Lock()
	what := strings.TrimSpace(verb + " " + name)
	if slices.Contains(changing, verb) {
		s.jobs = append(s.jobs, what)
	}
	f := s.broken[what]
	if next := s.faults[what]; len(next) > 0 {
		f, s.faults[what] = next[0], next[1:]
	}
	s.mu.Unlock()
	switch f {
	case BusGone:
		return f, fmt.Errorf("cannot %s: %w: connection refused", what, units.ErrUnavailable)
	case Denied:
		return f, fmt.Errorf("cannot %s: %w", what, units.ErrForbidden)
	case Panics:
		panic("fakesystemd: a defect that a test asked for")
	case Hangs:
		<-ctx.Done()
		return f, fmt.Errorf("cannot %s in time: %w", what, ctx.Err())
	}
	return f, nil
}

// changing are the calls that Jobs tells about.
var changing = []string{"start", "stop", "restart", "queue-stop", "reset-rules", "set"}

// Start runs a start job.
func (s *Systemd) Start(ctx context.Context, name string, terms units.JobTerms) error {
	return s.unlessStopped(ctx, "start", name, terms)
}

// Stop runs a stop job.
func (s *Systemd) Stop(ctx context.Context, name string) error { return s.job(ctx, "stop", name) }

// Restart runs a restart job.
func (s *Systemd) Restart(ctx context.Context, name string, terms units.JobTerms) error {
	return s.unlessStopped(ctx, "restart", name, terms)
}

// Mark returns how many jobs of the target have ended.
func (s *Systemd) Mark() units.Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// ResetFailed forgets failures and the start limit of a unit.
func (s *Systemd) ResetFailed(ctx context.Context, name string) error {
	_, end, err := s.call(ctx, "reset-failed", name)
	defer end()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.units[name]; u != nil {
		u.limit = false
		if u.o.ActiveState == "failed" {
			u.o.ActiveState, u.o.SubState = "inactive", "dead"
		}
		u.o.Result = "success"
	}
	return nil
}

// QueueStop queues a stop job and does not wait for it.
func (s *Systemd) QueueStop(ctx context.Context, name string) error {
	_, end, err := s.call(ctx, "queue-stop", name)
	defer end()
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.enqueueLocked("stop", name, None, s.Took, false)
	}
	return err
}

// downLocked ends the processes of a unit.
func (s *Systemd) downLocked(u *unit) {
	if u.o.ActiveState != "failed" {
		u.o.ActiveState, u.o.SubState = "inactive", "dead"
	}
	u.o.MainPID, u.o.Populated, u.o.Args, u.sees = 0, false, nil, ""
	u.o.Since, u.o.MemoryBytes = time.Now(), 0
	u.frozen, u.o.FreezerState = false, "" // nothing is left to freeze
	s.least = min(s.least, s.servingLocked())
}

func (s *Systemd) unitLocked(name string) *unit {
	u := s.units[name]
	if u == nil {
		u = &unit{o: units.Observed{Name: name, LoadState: "loaded", ActiveState: "inactive", SubState: "dead", Result: "success"}}
		s.units[name] = u
	}
	return u
}
