// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
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
	if s.given("interface") && !m.Interface.Addr.IsLoopback() && !slices.ContainsFunc(m.Roles, Role.OverTCP) {
		s.warn("interface", "no one can use the API at this address without a token or a certificate, and no role has one", "add a role with token-file")
	}
	if s.fine("unix-socket", "interface") && m.TLS.CertFile != "" && !m.Interface.Addr.IsValid() {
		s.problem("tls", "there is nothing to encrypt on a unix socket", "it goes with interface")
	}
	if s.given("interface") && !m.Interface.Addr.IsLoopback() && m.TLS.CertFile == "" {
		s.warn("interface", "tokens and secrets go over the network in the clear", "set tls/cert-file and tls/key-file, or use a loopback address and a proxy with TLS")
	}
	if m.TLS.ClientCAFile == "" && slices.ContainsFunc(m.Roles, func(r Role) bool { return len(r.Certificates) > 0 }) {
		s.warn("roles", "no one has a role by a certificate, because no authority for them is known", "set tls/client-ca-file")
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

// OverTCP reports whether callers over TCP may have the role: by a token or by a
// certificate.
func (r Role) OverTCP() bool { return r.Token != "" || r.TokenFile != "" || len(r.Certificates) > 0 }

func (t *ManagementTLS) check(s *scope) {
	if s.fine("cert-file", "key-file") && s.given("cert-file") != s.given("key-file") {
		s.problem("", "cert-file and key-file belong together, and only one is given", "give both or none")
	}
	if s.given("client-ca-file") && s.fine("cert-file") && !s.given("cert-file") {
		s.problem("client-ca-file", "client certificates need TLS, and the API has no certificate", "give cert-file and key-file")
	}
}

func (r *Role) check(s *scope) {
	who := []string{"users", "groups", "token", "token-file", "certificates"}
	if len(r.Name) > maxRoleName {
		s.problem("name", "the name of a role is a word or two", fmt.Sprintf("at most %d bytes", maxRoleName))
	}
	if s.given("token") && strings.HasPrefix(r.Token, "sha256:") && !hashedToken.MatchString(r.Token) {
		s.problem("token", "the hash of a token is sha256: and 64 hexadecimal digits", "kresctl token hash makes it")
	}
	switch {
	case !s.fine(who...):
	case s.given("token") && s.given("token-file"):
		s.problem("token-file", "token and token-file do not go together", "keep the file, which fewer people read")
	case !slices.ContainsFunc(who, s.given):
		s.problem("", "a role must say who has it", "add users, groups, certificates, token or token-file")
	}
}

// maxRoleName is how long the name of a role may be, in bytes: it is in every line about
// who asked.
const maxRoleName = 64

// hashedToken is the hash of a token as internal/token writes it.
var hashedToken = regexp.MustCompile(`^sha256:[0-9a-fA-F]{64}$`)

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
