// SPDX-License-Identifier: Apache-2.0

package render

import (
	"slices"

	"kresd-manager/internal/config"
)

// kinds gives the name that net.listen has for a kind of listener, and the
// protocols that it binds.
var kinds = map[string]struct{ name, protocols string }{
	"dns":           {"dns", "{ 'udp', 'tcp' }"},
	"dot":           {"tls", "{ 'tcp' }"},
	"doh2":          {"doh2", "{ 'tcp' }"},
	"doh2-insecure": {"doh2-insecure", "{ 'udp', 'tcp' }"},
	"doh-legacy":    {"doh_legacy", "{ 'tcp' }"},
	"doq":           {"doq", "{ 'udp' }"},
}

// serves reports whether there is a listener of a kind.
func serves(n config.Network, kind string) bool {
	return slices.ContainsFunc(n.Listen, func(l config.Listen) bool { return l.Kind == kind })
}

// privileges comes before anything is opened.
func (s *script) privileges(n config.Network) {
	if serves(n, "xdp") {
		s.section("network/listen: xdp")
		s.line("xdp_privileges()")
	}
}

// legacyHTTPS has the module serve with the certificate of the other protocols,
// or else with one that it makes itself, another in each worker.
func (s *script) legacyHTTPS(n config.Network) {
	if !serves(n, "doh-legacy") {
		return
	}
	if n.TLS.CertFile == "" {
		s.line("legacy_https()")
		return
	}
	s.line("legacy_https(%s, %s)", quote(n.TLS.CertFile), quote(n.TLS.KeyFile))
}

// listeners come last, because a socket that is open and not read loses
// queries.
func (s *script) listeners(n config.Network) {
	s.section("network/listen")
	s.line("C.the_network.listen_udp_buflens.rcv = 2097152")
	s.legacyHTTPS(n)
	for _, l := range n.Listen {
		k := kinds[l.Kind]
		for _, i := range l.Interface {
			where, name := quote(i.Addr.String()), !i.Addr.IsValid()
			if name {
				where = quote(i.Name)
			}
			if l.Kind == "xdp" {
				s.line("listen_xdp(%s, %d)", where, i.Port)
				continue
			}
			if name {
				where = "interface(" + where + ")"
			}
			s.line("listen(%s, %d, %s, %s, %t)", where, i.Port, quote(k.name), k.protocols, l.Freebind)
		}
	}
}
