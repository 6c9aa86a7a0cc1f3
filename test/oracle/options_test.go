// SPDX-License-Identifier: Apache-2.0

package oracle

// forwarded sends all questions to the server of the test, without validation.
const forwarded = "forward: [{subtree: ., servers: [127.0.0.2@5300], options: {dnssec: false}}]\n"

// delegated has the server of the test be authoritative for example.
const delegated = "forward: [{subtree: example, servers: [127.0.0.2], options: {authoritative: true, dnssec: false}}]\n"

var optionCases = []testCase{
	{name: "nothing but defaults", queries: []string{
		"host.example A", "host.example A +tcp", "host.example AAAA", "1.2.0.192.in-addr.arpa PTR", "localhost A", "1.0.0.127.in-addr.arpa PTR",
		"host.example A +noedns", "host.example A +do", "host.example A +nsid", "test. A", "invalid. A", "10.in-addr.arpa SOA",
	}, want: map[string]string{"host.example A": "NOERROR EDNS 1232 RA RD host.example. 300 IN A 192.0.2.1"}},
	{name: "glue is checked strictly", config: "options: {priming: false, glue-checking: strict}", want: map[string]string{"mode": `"strict"`, "option STRICT": "true"}},
	{name: "any glue is believed", config: "options: {priming: false, glue-checking: permissive}", want: map[string]string{"option PERMISSIVE": "true"}},
	{name: "glue as usual, said explicitly", config: "options: {priming: false, glue-checking: normal}"},
	{name: "whole names are told", config: "options: {priming: false, minimize: false}\n" + delegated, queries: []string{"a.b.c.example A"}, want: map[string]string{"option NO_MINIMIZE": "true"}},
	{name: "only parts of names are told", config: "options: {priming: false, minimize: true}\n" + delegated, queries: []string{"a.b.c.example A"}},
	// Without IPv6: now and then a worker looks for another address of the server that it has been sent to.
	{name: "servers on loopback are asked", config: "options: {priming: false, query-loopback: true}\nnetwork: {do-ipv6: false, listen: [{interface: 127.0.0.1}]}\n" + delegated,
		queries: []string{"x.child.example A"}, want: map[string]string{"option ALLOW_LOCAL": "true"}},
	{name: "servers on loopback are not asked", config: "options: {priming: false, query-loopback: false}\n" + delegated, queries: []string{"x.child.example A"}, want: map[string]string{"option ALLOW_LOCAL": "false"}},
	{name: "records stay in order", config: "options: {priming: false, reorder-rrset: false}", want: map[string]string{"option REORDER_RR": "false"}},
	{name: "case is not randomised", config: "options: {priming: false, query-case-randomization: false}\n" + delegated, queries: []string{"abcdefghijklmnopqrst.example A"}},
	{name: "case is randomised", config: "options: {priming: false, query-case-randomization: true}\n" + delegated, queries: []string{"abcdefghijklmnopqrst.example A"}},
	{name: "priming", config: "options: {priming: true}\nnetwork: {do-ipv4: false, do-ipv6: false, listen: [{interface: 127.0.0.1}]}"},
	{name: "no priming", config: "options: {priming: false}"},
	{name: "rebinding is prevented", config: "options: {priming: false, rebinding-protection: true}\n" + forwarded,
		queries: []string{"x.private.example A", "x.public.example A"}},
	{name: "rebinding is not prevented", config: "options: {priming: false, rebinding-protection: false}\n" + forwarded, queries: []string{"x.private.example A"}},
	{name: "queries without RD are answered", config: "options: {priming: false, refuse-no-rd: false}\n" + forwarded,
		queries: []string{"host.example A +norec", "new.example A +norec"}},
	{name: "queries without RD are refused", config: "options: {priming: false, refuse-no-rd: true}", queries: []string{"host.example A +norec"}},
	{name: "jumps of time are not looked for", config: "options: {priming: false, time-jump-detection: false}"},
	{name: "workarounds for violators", config: "options: {priming: false, violators-workarounds: true}"},
	{name: "stale records are served", config: "options: {priming: false, serve-stale: true}\n" + forwarded, queries: []string{"x.broken.example A", "y.example A"}},
	{name: "all options at once", config: `
options:
  glue-checking: strict
  minimize: false
  query-loopback: true
  reorder-rrset: false
  query-case-randomization: false
  priming: false
  rebinding-protection: true
  refuse-no-rd: false
  time-jump-detection: false
  violators-workarounds: true
  serve-stale: true
` + forwarded, queries: []string{"x.private.example A", "a.b.example TXT", "host.example A +norec"}},
	{name: "a name server identity", config: "nsid: abc", queries: []string{"host.example A +nsid", "host.example A"}},
	{name: "an identity with odd characters", config: `nsid: "a'b\"c\\d e\tfé"`, queries: []string{"host.example A +nsid"}},
	{name: "an identity that is a number", config: "nsid: 5", queries: []string{"host.example A +nsid"}},
	{name: "an empty identity", config: "nsid: ''", queries: []string{"host.example A +nsid"}},
	{name: "a host name of its own", config: "hostname: resolver.example", want: map[string]string{"hostname": `"resolver.example"`}},
	{name: "a host name with odd characters", config: `hostname: "it's \"odd\" \\ name"`},
}
