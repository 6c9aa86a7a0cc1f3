// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"kresd-manager/internal/config"
)

// network writes everything about the network but the listeners; what a fresh
// worker does anyway is left out.
func (s *script) network(n config.Network) {
	s.section("network")
	s.when(!n.DoIPv4, "net.ipv4 = false")
	s.when(!n.DoIPv6, "net.ipv6 = false")
	if n.OutInterfaceV4.IsValid() {
		s.line("net.outgoing_v4(%s)", quote(n.OutInterfaceV4.String()))
	}
	if n.OutInterfaceV6.IsValid() {
		s.line("net.outgoing_v6(%s)", quote(n.OutInterfaceV6.String()))
	}
	if n.TCPPipeline != 100 {
		s.line("net.tcp_pipeline(%d)", n.TCPPipeline)
	}
	s.when(!n.EDNSTCPKeepalive, "modules.unload('edns_keepalive')")
	if b := n.EDNSBufferSize; b.Downstream != 1232 || b.Upstream != 1232 {
		s.line("net.bufsize(%d, %d)", b.Downstream, b.Upstream)
	}
	if len(n.AddressRenumbering) > 0 {
		var rules []string
		for _, r := range n.AddressRenumbering {
			destination := r.Destination.String()
			if r.Exact {
				destination += "!"
			}
			rules = append(rules, fmt.Sprintf("{ %s, %s }", quote(r.Source.String()), quote(destination)))
		}
		s.line("modules.load('renumber')")
		s.line("renumber.config({ %s })", strings.Join(rules, ", "))
	}
	if n.ProxyProtocol.Enable {
		var allow []string
		for _, p := range n.ProxyProtocol.Allow {
			allow = append(allow, p.String())
		}
		s.line("net.proxy_allowed(%s)", list(allow))
	}
	if serves(n, "doq") {
		s.line("net.quic_max_conns(%d)", n.QUIC.MaxConns)
		s.line("net.quic_max_streams(%d)", n.QUIC.MaxStreams)
		s.line("net.quic_require_retry(%t)", n.QUIC.RequireRetry)
	}
}
