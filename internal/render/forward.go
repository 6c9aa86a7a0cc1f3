// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strconv"

	"kresd-manager/internal/config"
)

// forwardWorker adds the forwarding rules of which a part is kept per process:
// TLS parameters, and the exception from validation that an authoritative
// server without DNSSEC needs. All other rules are the policy-loader's alone,
// so that changing them restarts no worker.
func (s *script) forwardWorker(forwards config.Entries[config.Forward]) {
	s.section("forward: what each process keeps")
	n := 0
	for f := range forwards.All() {
		if perProcess(f) {
			n++
		}
	}
	if n > 0 { // most often it is none, and to go through many twice takes time
		s.forwards(n, forwards, perProcess)
	}
}

// forwards adds the n that are chosen.
func (s *script) forwards(n int, all config.Entries[config.Forward], chosen func(config.Forward) bool) {
	p := s.partsOf(n)
	for f := range all.All() {
		if chosen(f) {
			p.next()
			s.forward(f)
		}
	}
	p.end()
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
	p := s.partsOf(len(f.Subtree))
	for _, name := range f.Subtree {
		p.next()
		s.begin()
		s.b = appendQuoted(append(s.b, "policy.rule_forward_add("...), name)
		s.b = strconv.AppendBool(append(s.b, ", { dnssec = "...), f.Options.DNSSEC)
		s.b = strconv.AppendBool(append(s.b, ", auth = "...), f.Options.Authoritative)
		s.b = append(s.b, " }, { "...)
		s.targets(f.Servers)
		s.b = append(s.b, " })\n"...)
		s.part()
	}
	p.end()
}

// targets are all addresses of all servers, as targets of their own.
func (s *script) targets(servers []config.Server) {
	first := true
	for i := range servers {
		for _, a := range servers[i].Address {
			if !first {
				s.b = append(s.b, ", "...)
			}
			first = false
			s.target(&servers[i], a)
		}
	}
}

// target is one server address as policy.rule_forward_add takes it. An address needs no
// quoting, a zone among it does.
func (s *script) target(srv *config.Server, a config.AddrPort) {
	s.b = append(s.b, "{ "...)
	if a.Addr.Zone() == "" {
		s.b = a.Addr.AppendTo(append(s.b, '\''))
		if a.Port != 0 {
			s.b = strconv.AppendUint(append(s.b, '@'), uint64(a.Port), 10)
		}
		s.b = append(s.b, '\'')
	} else {
		s.b = appendQuoted(s.b, a.String())
	}
	if srv.Transport == "tls" {
		s.b = append(s.b, ", tls = true"...)
		if srv.Hostname != "" {
			s.b = appendQuoted(append(s.b, ", hostname = "...), srv.Hostname)
		}
		if srv.CAFile != "" {
			s.b = appendQuoted(append(s.b, ", ca_file = "...), srv.CAFile)
		}
		if len(srv.PinSHA256) > 0 {
			s.b = append(append(s.b, ", pin_sha256 = "...), list(srv.PinSHA256)...)
		}
	}
	s.b = append(s.b, " }"...)
}
