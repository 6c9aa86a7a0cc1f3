// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"cmp"
	"os"
	"sync"

	"kresd-manager/units"
)

// memory is what was read of units and is still true, because systemd tells its
// connection of every change. A snapshot reads what is not in it.
//
// What makes it true:
//   - systemd queues the signal of a change before it answers any later question,
//     and signals and answers come on one connection in the order in which they
//     were sent. So whoever has the answer to a question has all signals of what
//     happened before systemd took up the question. A snapshot asks for the list
//     of units, which has their states and jobs, first of all.
//   - Only units with a match rule are kept, and only while systemd knows that
//     this connection listens, which each snapshot asks it.
//   - systemd sends no signal for three of what is read: a reset of failures changes
//     Result and NRestarts silently, and OOMKills is counted silently. A unit is
//     kept only while these are as they are at first, since nothing is reset then;
//     and the kernel is asked what it has killed.
//   - Whether files of a unit have changed since they were read is no state that
//     anyone tells of: stale is about that.
//   - systemd holds signals back while more than a thousand messages wait to be
//     sent. What the list and the kernel say is compared for that case: states, jobs,
//     whether the main process is there, the invocation, and what is frozen.
//
// It is safe for concurrent use, by one reader at a time. A nil one knows nothing.
type memory struct {
	mu      sync.Mutex
	epoch   int  // counts what made it doubtful
	trusted bool // systemd tells of changes
	all     bool // there is a match rule for all units
	ruled   map[string]bool
	known   map[string]units.Observed
	reading map[string]bool   // units that are being read and have not changed since
	ends    map[string]string // how units ended by themselves last, which systemd says only until it starts them again

	stale stale
}

func newMemory() *memory {
	return &memory{ruled: map[string]bool{}, known: map[string]units.Observed{}, reading: map[string]bool{}, ends: map[string]string{}}
}

// doubt means that systemd may tell no one of changes, until trust.
func (m *memory) doubt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	m.trusted = false
	clear(m.ends) // the next one may be told to no one
	m.forgetLocked()
}

// now is the epoch, for trust.
func (m *memory) now() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch
}

// trust means that systemd tells of changes, if nothing was doubtful since an epoch.
func (m *memory) trust(epoch int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trusted = m.epoch == epoch
}

// forget means that anything may have changed.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetLocked()
}

func (m *memory) forgetLocked() {
	clear(m.known)
	clear(m.reading)
	m.stale.forget()
}

// changed means that a unit may have changed.
func (m *memory) changed(unit string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, unit)
	delete(m.reading, unit)
}

// told takes what systemd tells of a service's end: Result and NRestarts come with every
// signal of a change. What ended before a start by hand counts for nothing later.
func (m *memory) told(unit, result string, restarts uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case result != "success":
		m.ends[unit] = result
	case restarts == 0:
		delete(m.ends, unit)
	}
}

// ended is how a unit ended by itself last, "" if no one told since systemd was listened to.
func (m *memory) ended(unit string) string {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ends[unit]
}

// loaded means that systemd has read a unit in.
func (m *memory) loaded(unit string) {
	m.changed(unit)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stale.forgetUnit(unit)
}

// rule means that there is a match rule for a unit, or for all of them.
func (m *memory) rule(unit string, all bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ruled[unit] = true
	m.all = m.all || all
}

// begin means that units are about to be read.
func (m *memory) begin(rows []listed) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.reading)
	for _, r := range rows {
		if m.trusted && (m.all || m.ruled[r.Name]) {
			m.reading[r.Name] = true
		}
	}
}

// keep notes what was read of a unit, unless it has changed meanwhile or could
// change without a word.
func (m *memory) keep(o units.Observed) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reading[o.Name] && settled(o) {
		m.known[o.Name] = o
	}
	delete(m.reading, o.Name)
}

// settled reports whether systemd tells of whatever comes next for a unit.
func settled(o units.Observed) bool {
	return o.LoadState == "loaded" && (o.ActiveState == "active" || o.ActiveState == "inactive") && o.Job == 0 &&
		cmp.Or(o.Result, "success") == "success" && o.Restarts == 0 && (o.OOMKills == nil || *o.OOMKills == 0) &&
		cmp.Or(o.FreezerState, "running") == "running"
}

// recall returns what is known of a unit if that is what is there now. If it is not,
// it is forgotten: a signal is missing.
func (m *memory) recall(r listed) (o units.Observed, ok bool) {
	if m == nil {
		return o, false
	}
	m.mu.Lock()
	o, ok = m.known[r.Name]
	m.mu.Unlock()
	if !ok {
		return o, false
	}
	if !r.is(o) || !isThere(&o) {
		m.changed(r.Name)
		return o, false
	}
	return o, true
}

// isThere adds what the kernel knows to what is known of a unit, and reports whether
// the one fits the other.
func isThere(o *units.Observed) bool {
	if frozen := inspect(o); frozen || o.MainPID != 0 && !o.Populated {
		return false
	}
	now := invocation(o.Name)
	return now == "" || now == o.InvocationID
}

// remembers reports whether a unit that was recalled has not changed since.
func (m *memory) remembers(unit string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.known[unit]
	return ok
}

// invocation is the current invocation of a unit as systemd notes it for the journal,
// "" if it does not.
func invocation(unit string) string {
	id, _ := os.Readlink("/run/systemd/units/invocation:" + unit)
	return id
}
