// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"maps"
	"slices"

	"kresd-manager/units"
)

// Crash kills the main process of a unit. Workers and the garbage collector
// wait for their automatic restart afterwards.
func (s *Systemd) Crash(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(s.unitLocked(name), "signal", "killed")
	s.least = min(s.least, s.servingLocked())
}

// AutoRestart has systemd start again what waits for it, with what it wants.
func (s *Systemd) AutoRestart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.units)) {
		if u := s.units[name]; u.o.SubState == "auto-restart" {
			s.enqueueLocked("restart", name, None, 0, false)
			u.o.Restarts++
		}
	}
}

// AdminStop is systemctl stop, as someone else types it. The jobs take no time,
// but may wait for others.
func (s *Systemd) AdminStop(names ...string) { s.admin("stop", names) }

// AdminStart is systemctl start.
func (s *Systemd) AdminStart(names ...string) { s.admin("start", names) }

// AdminRestart is systemctl restart.
func (s *Systemd) AdminRestart(names ...string) { s.admin("restart", names) }

// admin queues jobs that take as long as those of the manager.
func (s *Systemd) admin(verb string, names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if verb == "stop" || s.unitLocked(name).o.LoadState != "masked" {
			s.enqueueLocked(verb, name, None, s.Took, false)
		}
	}
}

// StopTarget is systemctl stop kresd.target.
func (s *Systemd) StopTarget() { s.AdminStop(units.Target) }

// Queued returns the jobs that wait or run, as "VERB UNIT", sorted.
func (s *Systemd) Queued() (jobs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.queue {
		jobs = append(jobs, j.verb+" "+j.unit)
	}
	slices.Sort(jobs)
	return jobs
}

// Freeze is systemctl freeze: the processes of a unit do nothing, until it is
// thawed, started or stopped.
func (s *Systemd) Freeze(name string) { s.freeze(name, true) }

// Thaw is systemctl thaw.
func (s *Systemd) Thaw(name string) { s.freeze(name, false) }

func (s *Systemd) freeze(name string, frozen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.unitLocked(name)
	u.frozen = frozen && u.o.MainPID != 0
	u.o.FreezerState = ""
	if u.frozen {
		u.o.FreezerState = "frozen"
	}
}

// Boot ends everything, as a restart of the machine does.
func (s *Systemd) Boot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.queue {
		s.finishLocked(j, "canceled")
	}
	clear(s.units)
	clear(s.limits)
	s.rules = ""
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
