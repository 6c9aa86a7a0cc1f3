// SPDX-License-Identifier: Apache-2.0

package render

import "kresd-manager/internal/config"

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

// listeners come last, because a socket that is open and not read loses
// queries.
func (s *script) listeners(n config.Network) {
	s.section("network/listen")
	s.line("C.the_network.listen_udp_buflens.rcv = 2097152")
	for _, l := range n.Listen {
		if l.Kind == "doh-legacy" {
			s.line("modules.load('http')")
			s.line("http.config({ tls = true, cert = %s, key = %s }, 'doh_legacy')", quote(n.TLS.CertFile), quote(n.TLS.KeyFile))
			break
		}
	}
	for _, l := range n.Listen {
		k := kinds[l.Kind]
		for _, i := range l.Interface {
			where := quote(i.Addr.String())
			if !i.Addr.IsValid() {
				where = "interface(" + quote(i.Name) + ")"
			}
			s.line("listen(%s, %d, %s, %s, %t)", where, i.Port, quote(k.name), k.protocols, l.Freebind)
		}
	}
}
