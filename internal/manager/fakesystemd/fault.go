// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import "strings"

// Fault is what goes wrong with one call. Calls are named "VERB UNIT", with the
// verbs start, stop, restart, reset-failed, queue-stop, set, observe-unit, probe
// and reset-rules; "observe" and "stock" concern no unit.
type Fault int

// Faults.
const (
	None         Fault = iota
	Fails              // the process ends before it is ready
	TimesOut           // systemd loses patience and kills the process
	Canceled           // someone else's job takes the place of this one
	Hangs              // nothing happens until the caller gives up
	Dies               // the job is done, and the process ends a moment later
	Lies               // the process announces another configuration
	Strays             // the process is not in its cgroup
	Mute               // the process does not answer
	LimitHit           // the unit was started too often, until it is reset
	BusGone            // units.ErrUnavailable, and nothing happened
	BusGoneAfter       // units.ErrUnavailable, though it was done
	Denied             // units.ErrForbidden
	Panics             // the manager has a defect
)

// Script has the next calls of one kind go wrong, one fault each.
func (s *Systemd) Script(call string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[call] = append(s.faults[call], faults...)
}

// Break has every call of one kind go wrong.
func (s *Systemd) Break(call string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[call] = f
}

// ClearFaults ends all faults.
func (s *Systemd) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.broken)
	clear(s.faults)
}

// Unused returns the scripted faults that no call has met: a test that expects
// a failure should meet it.
func (s *Systemd) Unused() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var calls []string
	for call, f := range s.faults {
		if len(f) > 0 {
			calls = append(calls, call)
		}
	}
	return strings.Join(calls, ", ")
}
