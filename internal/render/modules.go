// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"kresd-manager/internal/config"
)

func (s *script) dns64(d config.DNS64) {
	if !d.Enable {
		return
	}
	s.section("dns64")
	fields := []string{"prefix = " + quote(d.Prefix.Addr().String())}
	if d.ReverseTTL != nil {
		fields = append(fields, fmt.Sprintf("rev_ttl = %d", seconds(*d.ReverseTTL)))
	}
	if len(d.ExcludeSubnets) > 0 {
		var nets []string
		for _, n := range d.ExcludeSubnets {
			nets = append(nets, n.String())
		}
		fields = append(fields, "exclude_subnets = "+list(nets))
	}
	s.line("modules.load('dns64')")
	s.line("dns64.config({ %s })", strings.Join(fields, ", "))
}

func (s *script) fallback(f config.Fallback) {
	if !f.Enable {
		return
	}
	s.section("fallback")
	s.line("modules.load('fallback')")
	s.add("fallback.config({ targets = { ")
	s.targets(f.Servers)
	s.add(" }, options = {} })\n")
}

func (s *script) monitoring(m config.Monitoring) {
	if m.Metrics == "always" {
		s.section("monitoring")
		s.line("modules.load('stats')")
	}
}

func (s *script) dnstap(d config.Dnstap) {
	if !d.Enable {
		return
	}
	s.section("logging/dnstap")
	s.line("need('dnstap', '/logging/dnstap')")
	// A collector that accepts and does not answer holds kresd up until its
	// deadline: these are its last words then.
	s.line("if canary then io.stderr:write(%s) end", quote("/logging/dnstap: trying the collector at "+d.UnixSocket+"\n"))
	s.line("dnstap.config({ socket_path = %s, client = { log_queries = %t, log_responses = %t, log_tcp_rtt = %t } })",
		quote(d.UnixSocket), d.LogQueries, d.LogResponses, d.LogTCPRTT)
}
