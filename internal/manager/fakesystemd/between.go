// SPDX-License-Identifier: Apache-2.0

package fakesystemd

// Moment is one at which an administrator can act: before or after one of the
// manager's calls has its effect.
type Moment struct {
	// N counts them from 1, from [Systemd.Between] on.
	N int
	// Verb and Unit are the call, named as in [Fault].
	Verb, Unit string
	After      bool
}

// Between has someone act at every moment from now on, in the middle of what the
// manager does; nil ends it. Calls that are made at the same time wait for each
// other there, so act must not wait for jobs that take time.
func (s *Systemd) Between(act func(Moment)) {
	s.hook.Lock()
	defer s.hook.Unlock()
	s.act, s.moments = act, 0
}

// moment lets the administrator act.
func (s *Systemd) moment(verb, unit string, after bool) {
	s.hook.Lock()
	defer s.hook.Unlock()
	if s.act != nil {
		s.moments++
		s.act(Moment{s.moments, verb, unit, after})
	}
}
