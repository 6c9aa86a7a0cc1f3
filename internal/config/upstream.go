// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strings"
	"sync"
)

// otherKeys lists the keys that Knot Resolver 6.5 has and this version does
// not: a section and its keys in each line, "*" for a list index. Keys below
// one that is listed need no mention. A key that becomes supported is declared
// in model.go and leaves this list; a test holds the two apart.
const otherKeys = `
/ version options views fallback dns64 monitoring rate-limiting defer
/management interface
/options glue-checking minimize query-loopback reorder-rrset query-case-randomization priming rebinding-protection refuse-no-rd time-jump-detection violators-workarounds serve-stale
/network do-ipv4 do-ipv6 out-interface-v4 out-interface-v6 tcp-pipeline edns-tcp-keepalive edns-buffer-size address-renumbering proxy-protocol quic
/network/tls watchdog sticket-secret sticket-secret-file padding
/network/listen/* unix-socket
/local-data ttl nodata addresses-files rules rpz
/cache ttl-min ttl-max ns-timeout prefill prefetch
/dns64 enable prefix reverse-ttl exclude-subnets
/logging target groups dnstap
/monitoring metrics graphite
/rate-limiting enable rate-limit instant-limit capacity slip log-period dry-run
/defer enable log-period
/lua script-only script-file policy-script-only policy-script policy-script-file
`

// renamedKeys are keys of earlier versions and what they are called now; ""
// is a key without successor.
var renamedKeys = map[string]string{
	"/dnssec/refresh-time":                      "",
	"/dnssec/hold-down-time":                    "",
	"/dnssec/time-skew-detection":               "",
	"/dnssec/keep-removed":                      "",
	"/local-data/root-fallback-addresses":       "",
	"/local-data/root-fallback-addresses-files": "",
	"/logging/debugging":                        "",
	"/max-workers":                              "",
	"/webmgmt":                                  "",
	"/network/tls/auto-discovery":               "",
	"/defer/enabled":                            "/defer/enable",
	"/dns64/rev-ttl":                            "/dns64/reverse-ttl",
	"/dnssec/trust-anchor-sentinel":             "/dnssec/sentinel",
	"/dnssec/trust-anchor-signal-query":         "/dnssec/signal-query",
	"/logging/dnssec-bogus":                     "/dnssec/log-bogus",
	"/monitoring/enabled":                       "/monitoring/metrics",
	"/network/tls/files-watchdog":               "/network/tls/watchdog",
}

// upstreamKeys gives otherKeys by section.
var upstreamKeys = sync.OnceValue(func() map[string][]string {
	sections := make(map[string][]string)
	for line := range strings.Lines(otherKeys) {
		if words := strings.Fields(line); len(words) > 0 {
			sections[strings.TrimSuffix(words[0], "/")] = words[1:]
		}
	}
	return sections
})

func upstreamIn(section string) []string { return upstreamKeys()[section] }

func isUpstreamKey(pattern string) bool {
	section, name := cutLast(pattern)
	return slices.Contains(upstreamIn(section), name)
}
