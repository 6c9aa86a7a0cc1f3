// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
	"time"
)

// check wants one of unix-socket and interface. The default of unix-socket is
// that of an absent section.
func (m *Management) check(s *scope) {
	if dir := s.host().Rundir; dir != "" && !s.present() {
		m.UnixSocket = SocketIn(dir)
	}
	if s.present() && s.fine("unix-socket", "interface") {
		if !s.given("unix-socket") {
			m.UnixSocket = ""
		}
		switch {
		case s.given("unix-socket") && s.given("interface"):
			s.problem("interface", "unix-socket and interface do not go together", "keep one of them")
		case !s.given("unix-socket") && !s.given("interface"):
			s.problem("", "the section management must name unix-socket or interface", "the default is unix-socket: "+defaultSocket())
		}
	}
	if s.given("interface") && !m.Interface.Addr.IsLoopback() && !slices.ContainsFunc(m.Roles, func(r Role) bool { return r.Token != "" || r.TokenFile != "" }) {
		s.warn("interface", "no one can use the API at this address without a token, and no role has one", "add a role with token-file")
	}
	if s.given("idle-exit") && m.IdleExit < minIdleExit {
		s.problem("idle-exit", "the manager would start all the time", "at least 5s")
	}
}

// minIdleExit keeps a manager that someone polls from being started all the time.
const minIdleExit = 5 * time.Second

func defaultSocket() string {
	p := configPlan().keys[configPlan().byName["management"]].shape.plan
	return p.keys[p.byName["unix-socket"]].def.Text
}

func (r *Role) check(s *scope) {
	who := []string{"users", "groups", "token", "token-file"}
	switch {
	case !s.fine(who...):
	case s.given("token") && s.given("token-file"):
		s.problem("token-file", "token and token-file do not go together", "keep the file, which fewer people read")
	case !slices.ContainsFunc(who, s.given):
		s.problem("", "a role must say who has it", "add users, groups, token or token-file")
	}
}

// Bounds of what systemd is told.
const (
	maxDrain       = 10 * time.Second // of TimeoutStopSec=15 in kresd@.service
	minMemoryBytes = 16 << 20         // a worker hardly starts with less
)

func (u *Systemd) check(s *scope) {
	if s.given("watchdog") && *u.Watchdog != 0 && *u.Watchdog < time.Second {
		s.problem("watchdog", "a busy worker would be killed", "at least 1s, or 0s for never")
	}
	if s.given("drain-deadline") && u.DrainDeadline > maxDrain {
		s.problem("drain-deadline", "systemd gives a worker that stops 15s in all", "at most 10s")
	}
	if s.given("memory-max") && u.MemoryMax < minMemoryBytes {
		s.problem("memory-max", "a worker cannot run with so little memory", "at least 16M")
	}
	if s.given("memory-high") && u.MemoryHigh < minMemoryBytes {
		s.problem("memory-high", "a worker cannot run with so little memory", "at least 16M")
	} else if s.given("memory-high") && s.given("memory-max") && u.MemoryHigh > u.MemoryMax {
		s.problem("memory-high", "a worker is killed before it comes to that, because of memory-max", "at most what memory-max is")
	}
	if s.given("cpu-affinity") {
		slices.Sort(u.CPUAffinity)
		u.CPUAffinity = slices.Compact(u.CPUAffinity)
	}
}

// GraphiteComponent is the name of the component that sends statistics to
// Graphite.
const GraphiteComponent = "graphite"

func (c *Component) check(s *scope) {
	if c.Name == GraphiteComponent {
		s.problem("", "the component "+c.Name+" belongs to /monitoring/graphite", "choose another name")
	}
	if s.given("command") && (len(c.Command[0]) < 2 || c.Command[0][0] != '/') {
		s.problem("command/0", fmt.Sprintf("the program is %s, which is not an absolute path", quoteShort(c.Command[0])), "such as /usr/bin/program")
	}
}
