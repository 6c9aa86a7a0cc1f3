// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"slices"
	"strings"

	"kresd-manager/internal/config"
)

// forwardWorker adds the forwarding rules of which a part is kept per process:
// TLS parameters, and the exception from validation that an authoritative
// server without DNSSEC needs. All other rules are the policy-loader's alone,
// so that changing them restarts no worker.
func (s *script) forwardWorker(forwards []config.Forward) {
	own := slices.DeleteFunc(slices.Clone(forwards), func(f config.Forward) bool { return !perProcess(f) })
	s.section("forward: what each process keeps")
	s.parts(len(own), func(i int) { s.forward(own[i]) })
}

func perProcess(f config.Forward) bool {
	if f.Options.Authoritative && !f.Options.DNSSEC {
		return true
	}
	for _, srv := range f.Servers {
		if srv.Transport == "tls" {
			return true
		}
	}
	return false
}

func (s *script) forward(f config.Forward) {
	s.parts(len(f.Subtree), func(i int) {
		s.line("policy.rule_forward_add(%s, { dnssec = %t, auth = %t }, { %s })",
			quote(f.Subtree[i]), f.Options.DNSSEC, f.Options.Authoritative, strings.Join(targets(f.Servers), ", "))
	})
}

// targets are all addresses of all servers, as targets of their own.
func targets(servers []config.Server) []string {
	var all []string
	for _, srv := range servers {
		for _, a := range srv.Address {
			all = append(all, target(srv, a))
		}
	}
	return all
}

// target is one server address as policy.rule_forward_add takes it.
func target(srv config.Server, a config.AddrPort) string {
	addr := a.Addr.String()
	if a.Port != 0 {
		addr = fmt.Sprintf("%s@%d", addr, a.Port)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "{ %s", quote(addr))
	if srv.Transport == "tls" {
		b.WriteString(", tls = true")
		if srv.Hostname != "" {
			fmt.Fprintf(&b, ", hostname = %s", quote(srv.Hostname))
		}
		if srv.CAFile != "" {
			fmt.Fprintf(&b, ", ca_file = %s", quote(srv.CAFile))
		}
		if len(srv.PinSHA256) > 0 {
			fmt.Fprintf(&b, ", pin_sha256 = %s", list(srv.PinSHA256))
		}
	}
	b.WriteString(" }")
	return b.String()
}
