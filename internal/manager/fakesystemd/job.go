// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"kresd-manager/units"
)

// job is one job of systemd. A unit has one at most: a second one joins it or
// takes its place, as with the mode "replace" (org.freedesktop.systemd1(5)).
type job struct {
	serial  int
	verb    string // start, stop or restart; when a restart has stopped the unit it is a start
	unit    string
	fault   Fault
	took    time.Duration
	running bool
	again   bool // a restart has joined it
	result  string
	instead string // what took its place
	done    chan struct{}
}

// unlessStopped is job, which notices that it has started something although someone has
// stopped the target since a moment.
func (s *Systemd) unlessStopped(ctx context.Context, verb, name string, terms units.JobTerms) error {
	var late bool
	err := s.jobWith(ctx, verb, name, func() {
		late = s.unitLocked(units.Target).o.Idle() && s.queue[units.Target] == nil && s.ended > terms.Since
	}, func() {
		if terms.Queued != nil && !late {
			terms.Queued()
		}
	})
	if late {
		return fmt.Errorf("cannot %s %s: %w", verb, name, units.ErrTargetStopped)
	}
	return err
}

// job is one call for a job, and waits for its result.
func (s *Systemd) job(ctx context.Context, verb, name string) error {
	return s.jobWith(ctx, verb, name, func() {}, func() {})
}

// jobWith is job. look sees the units a moment before the job is queued, and queued is
// called then.
func (s *Systemd) jobWith(ctx context.Context, verb, name string, look, queued func()) error {
	f, end, err := s.call(ctx, verb, name)
	defer end()
	if err != nil {
		return err
	}
	if f == Canceled { // before anything happened
		return &units.JobError{Unit: name, Verb: verb, Job: "/job/0", Result: "canceled"}
	}
	s.mu.Lock()
	if verb != "stop" && s.unitLocked(name).o.LoadState == "masked" { // no job is queued
		s.mu.Unlock()
		return fmt.Errorf("cannot %s %s: it is masked", verb, name)
	}
	if q := s.queue[name]; verb != "stop" && q != nil && q.verb == "stop" { // mode "fail"
		s.mu.Unlock()
		return fmt.Errorf("cannot %s %s: %w", verb, name, units.ErrStopQueued)
	}
	before := ""
	if b := s.queue[name]; b != nil {
		before = b.verb
	}
	look()
	j := s.enqueueLocked(verb, name, f, s.Took, verb != "stop")
	s.mu.Unlock()
	queued()
	select {
	case <-j.done:
	case <-ctx.Done():
		select {
		case <-j.done: // just so
		default:
			return fmt.Errorf("cannot %s %s in time: %w", verb, name, ctx.Err())
		}
	}
	if f == BusGoneAfter {
		return fmt.Errorf("cannot %s %s: %w: the connection broke", verb, name, units.ErrUnavailable)
	}
	if j.result != "done" {
		return &units.JobError{Unit: name, Verb: verb, Job: fmt.Sprintf("/job/%d", j.serial), Result: j.result, Before: before, Instead: j.instead}
	}
	return nil
}

// enqueueLocked queues a job with all that belongs to it, and runs what can run.
// What a unit wants is started with it, at any price but its own; what is part of
// it is stopped and restarted with it. What yields to stops that are queued leaves out
// what it only wants while that is to stop (mode "fail").
func (s *Systemd) enqueueLocked(verb, name string, f Fault, took time.Duration, yields bool) *job {
	anchor := s.installLocked(verb, name, f, took)
	seen := map[string]bool{verb + name: true}
	var pull func(verb, name string)
	pull = func(verb, name string) {
		if verb != "stop" {
			r, _ := s.relationsLocked(name)
			for _, w := range r.wants {
				if _, known := s.relationsLocked(w); !known || seen["start"+w] || s.unitLocked(w).o.LoadState == "masked" {
					continue
				}
				seen["start"+w] = true
				if q := s.queue[w]; yields && q != nil && q.verb == "stop" {
					continue
				}
				if u := s.unitLocked(w); u.o.Idle() || s.queue[w] != nil {
					s.installLocked("start", w, None, took)
				}
				pull("start", w)
			}
		}
		if verb != "start" {
			for _, p := range s.partsLocked(name) {
				if seen[verb+p] || s.unitLocked(p).o.Idle() && s.queue[p] == nil {
					continue
				}
				seen[verb+p] = true
				s.installLocked(verb, p, None, took)
				pull(verb, p)
			}
		}
	}
	pull(verb, name)
	s.runLocked()
	return anchor
}

// installLocked queues one job.
func (s *Systemd) installLocked(verb, name string, f Fault, took time.Duration) *job {
	if old := s.queue[name]; old != nil {
		if (old.verb == "stop") == (verb == "stop") {
			old.fault = cmp.Or(old.fault, f)
			switch {
			case verb == "restart" && old.running:
				old.again = true
			case verb == "restart":
				old.verb = verb
			}
			return old
		}
		switch {
		case old.running && old.verb == "stop": // it is done with before anything else
			s.downLocked(s.unitLocked(name))
		case old.running: // what does not serve yet has nothing to drain
			took = 0
		}
		old.instead = verb
		s.finishLocked(old, "canceled")
	}
	if name == units.Target || name == rundir {
		took = 0
	}
	s.serial++
	j := &job{serial: s.serial, verb: verb, unit: name, fault: f, took: took, done: make(chan struct{})}
	s.queue[name] = j
	u := s.unitLocked(name)
	u.o.Job, u.o.JobType = uint32(j.serial), verb
	return j
}

// runLocked begins all jobs that need not wait, until there is none.
func (s *Systemd) runLocked() {
	for again := true; again; {
		again = false
		for _, j := range slices.SortedFunc(maps.Values(s.queue), func(a, b *job) int { return a.serial - b.serial }) {
			if s.queue[j.unit] == j && !j.running && !s.waitsLocked(j) {
				s.beginLocked(j)
				again = true
			}
		}
	}
}

// waitsLocked reports whether a job has to wait for one of a unit that it is
// ordered with: the unit that comes earlier starts first, and one that comes later
// stops first, whatever the other one does (systemd.unit(5), Before= and After=).
func (s *Systemd) waitsLocked(j *job) bool {
	for name, other := range s.queue {
		switch {
		case other == j:
		case s.followsLocked(j.unit, name) && j.verb == "start":
			return true
		case s.followsLocked(name, j.unit) && other.verb != "start":
			return true
		}
	}
	return false
}

// beginLocked begins a job. Where jobs take no time it ends there.
func (s *Systemd) beginLocked(j *job) {
	u := s.unitLocked(j.unit)
	u.frozen, u.o.FreezerState = false, ""
	if j.verb == "restart" {
		s.downLocked(u)
		j.verb = "start"
		return // and waits once more, for those that must be there before it starts
	}
	j.running = true
	began := u.o.ActiveState
	switch {
	case j.verb == "start" && !u.o.Idle() && u.o.SubState != "auto-restart": // it is there
		s.completeLocked(j)
		return
	case j.took == 0:
	case j.verb == "start":
		u.o.ActiveState, u.o.SubState = "activating", "start"
	case began == "active":
		u.o.ActiveState, u.o.SubState = "deactivating", "stop-sigterm"
		s.least = min(s.least, s.servingLocked())
	}
	if j.took == 0 {
		s.completeLocked(j)
		return
	}
	time.AfterFunc(j.took, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.queue[j.unit] == j {
			s.completeLocked(j)
			s.runLocked()
		}
	})
}

// completeLocked is the end of a job that nothing has displaced.
func (s *Systemd) completeLocked(j *job) {
	u := s.unitLocked(j.unit)
	result := "done"
	switch {
	case j.verb == "stop":
		s.downLocked(u)
	case u.o.ActiveState == "active":
	default:
		result = s.spawnLocked(u, j.fault)
	}
	s.least = min(s.least, s.servingLocked())
	if j.again && result == "done" {
		j.verb, j.running, j.again = "restart", false, false
		return
	}
	s.finishLocked(j, result)
}

// finishLocked tells the result of a job.
func (s *Systemd) finishLocked(j *job, result string) {
	delete(s.queue, j.unit)
	if j.unit == units.Target {
		s.ended++
	}
	u := s.unitLocked(j.unit)
	u.o.Job, u.o.JobType = 0, ""
	if result == "canceled" && j.running && j.verb == "start" && u.o.ActiveState == "activating" {
		u.o.ActiveState, u.o.SubState = "inactive", "dead"
	}
	j.result = result
	close(j.done)
}
