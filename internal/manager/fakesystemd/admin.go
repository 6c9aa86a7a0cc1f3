// SPDX-License-Identifier: Apache-2.0

package fakesystemd

// Crash kills the main process of a unit. Workers and the garbage collector
// wait for their automatic restart afterwards.
func (s *Systemd) Crash(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(s.unitLocked(name), "signal", "killed")
	s.least = min(s.least, s.servingLocked())
}

// AutoRestart has systemd start again what waits for it.
func (s *Systemd) AutoRestart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.units {
		if u.o.SubState == "auto-restart" {
			s.spawnLocked(u, None)
			u.o.Restarts++
		}
	}
}

// AdminStop is systemctl stop, as somebody else types it.
func (s *Systemd) AdminStop(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.downLocked(s.unitLocked(name))
	}
}

// AdminStart is systemctl start, as somebody else types it.
func (s *Systemd) AdminStart(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.spawnLocked(s.unitLocked(name), None)
	}
}

// Boot ends everything, as a restart of the machine does.
func (s *Systemd) Boot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.units)
	clear(s.limits)
	s.rules, s.target = "", ""
}

// SetStock sets the state of the stock service.
func (s *Systemd) SetStock(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stock = state
}

// PIDs returns the main processes by unit: who has the same one was not
// restarted.
func (s *Systemd) PIDs() map[string]int {
	pids := map[string]int{}
	for name, o := range s.Live().Units {
		if o.MainPID != 0 {
			pids[name] = o.MainPID
		}
	}
	return pids
}

// Fail ends a process for good: its unit fails and is not started again.
func (s *Systemd) Fail(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.unitLocked(name)
	s.endLocked(u, "exit-code", "ended for good")
	u.o.ActiveState, u.o.SubState = "failed", "failed"
	s.least = min(s.least, s.servingLocked())
}

// Mask forbids to start a unit, as systemctl mask does.
func (s *Systemd) Mask(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unitLocked(name).o.LoadState = "masked"
}

// Unmask allows it again.
func (s *Systemd) Unmask(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unitLocked(name).o.LoadState = "loaded"
}

// Announce has a process announce something else.
func (s *Systemd) Announce(name, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unitLocked(name).o.StatusText = status
}
