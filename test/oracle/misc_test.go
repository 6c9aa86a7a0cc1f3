// SPDX-License-Identifier: Apache-2.0

package oracle

import "slices"

var six = []string{"host.example AAAA", "host.example A", "six.example AAAA", "excluded.example AAAA", "1.2.0.192.in-addr.arpa PTR"}

// both has names with and without an IPv6 address.
const both = "local-data: {addresses: {host.example: 192.0.2.1, six.example: '2001:db8::5', excluded.example: ['2001:db8:1::1', 192.0.2.7]}}\n"

var miscCases = []testCase{
	{name: "DNS64", config: both + "dns64: {enable: true}", queries: append(slices.Clip(six), "1.0.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa PTR"),
		want: map[string]string{"host.example AAAA": "NOERROR EDE 29 BHD4: from DNS64 EDNS 1232 RA RD authority:host.example. 300 IN SOA localhost. nobody.invalid. 1 3600 1200 604800 10800 host.example. 300 IN AAAA 64:ff9b::c000:201"}},
	{name: "DNS64 with a prefix", config: both + "dns64: {enable: true, prefix: '2001:DB8:64::/96'}", queries: six},
	{name: "DNS64 with a lifetime of reverse names", config: both + "dns64: {enable: true, prefix: '2001:db8::/96', reverse-ttl: 1999ms}", queries: append(slices.Clip(six), "1.0.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR")},
	{name: "DNS64 with excluded networks", config: both + "dns64: {enable: true, exclude-subnets: ['2001:db8:1::/48', '::ffff:0:0/96']}", queries: six},
	{name: "DNS64 that is off", config: both + "dns64: {enable: false, prefix: '2001:db8::/96'}", queries: six},

	{name: "level warning", config: "logging: {level: warning, target: stderr}"},
	{name: "level info", config: "logging: {level: info, target: stderr}"},
	{name: "level debug", config: "logging: {level: debug, target: stderr}", queries: []string{"host.example A"}},
	{name: "level crit", config: "logging: {level: crit, target: stderr}"},
	{name: "level err", config: "logging: {level: err, target: stderr}"},
	{name: "messages on the standard output", config: "logging: {target: stdout}"},
	{name: "messages in the journal", config: "logging: {target: syslog}"},
	{name: "messages where the service sends them", config: "logging: {target: from-arg}"},
	{name: "groups that are debugged", config: "logging: {target: stderr, groups: [iterat, cache, doq, ngtcp2, exterr, tls_cl, tests]}"},
	{name: "processes that are debugged", config: "logging: {target: stderr, groups: [kresd, policy-loader, manager, supervisord, cache-gc, files, metrics, server, valdtr]}", want: map[string]string{"log level": `"debug"`}},
	{name: "the policy-loader alone is debugged", config: "logging: {target: stderr, groups: [policy-loader]}", want: map[string]string{"log level": `"notice"`}},

	{name: "dnstap that no one listens to", config: "logging: {target: stderr, dnstap: {enable: true, unix-socket: DIR/dnstap, log-queries: true, log-tcp-rtt: true}}", queries: []string{"host.example A"}},

	{name: "statistics from the start", config: "monitoring: {metrics: always}"},
	{name: "statistics when they are asked for", config: "monitoring: {metrics: lazy}"},
	{name: "no statistics", config: "monitoring: {metrics: manager-only}"},

	{name: "rate-limiting", config: "rate-limiting: {enable: true, rate-limit: 100}", queries: []string{"host.example A"}},
	{name: "rate-limiting with every key", config: "rate-limiting: {enable: true, rate-limit: 7, instant-limit: 11, capacity: 1000, slip: 3, log-period: 1500ms, dry-run: true}", queries: []string{"host.example A +times=15"}},
	{name: "rate-limiting with all answers truncated", config: "rate-limiting: {enable: true, rate-limit: 1, instant-limit: 1, slip: 1}", queries: []string{"host.example A +times=3", "host.example A +tcp"}},
	{name: "rate-limiting without truncated answers", config: "rate-limiting: {enable: true, rate-limit: 1, instant-limit: 1, slip: 0}", queries: []string{"host.example A", "host.example TXT +silent"}},
	{name: "rate-limiting that is off", config: "rate-limiting: {enable: false, rate-limit: 1, instant-limit: 1}", queries: []string{"host.example A +times=5"}},
	{name: "prioritisation", config: "defer: {enable: true}", queries: []string{"host.example A +tcp"}},
	{name: "prioritisation with messages", config: "defer: {log-period: 2500us}", queries: []string{"host.example A"}},
	{name: "no prioritisation", config: "defer: {enable: false, log-period: 10s}", want: map[string]string{"file defer": "none"}},
	{name: "prioritisation of several workers", config: "workers: 2", differs: map[string]string{"file defer": "scaled by the number of CPUs, here 1, and not of workers"}},

	{name: "Custom Lua", config: "lua: {script: 'mine = { worker.id, type(C), type(ffi) }'}", want: map[string]string{"mine": `{1="1" 2="userdata" 3="table"}`}},
	{name: "Lua of several lines", config: "lua:\n  script: |\n    -- it's [[ a ]] comment\n    local a = [==[\n    text]==]\n    mine = a .. \"\\n\" .. '\\\\'\n    net.tcp_pipeline(3)\n"},
	{name: "Lua that ends in a comment", config: "lua: {script: 'mine = 5 -- end'}"},
	{name: "Lua that sets what the configuration sets", config: "lua: {script: 'net.tcp_pipeline(7) modules.load(\"stats\") log_level(\"info\")'}\nnetwork: {listen: [{interface: 127.0.0.1}], tcp-pipeline: 5}", want: map[string]string{"net.tcp_pipeline": "7"}},
	{name: "Lua that listens", config: "lua: {script: 'net.listen(\"127.0.0.1\", 5353, { kind = \"dns\" })'}", queries: []string{"host.example A @127.0.0.1:5353"}},
	{name: "Lua that adds policies", config: "lua: {script: 'policy.add(policy.suffix(policy.DENY_MSG(\"no\"), policy.todnames({\"denied.example\"})))'}", queries: []string{"x.denied.example A"}},
	{name: "Lua that returns", config: "lua: {script: 'mine = 1 do return end'}"},
	{name: "Lua of the policy-loader", config: `lua: {policy-script: 'C.kr_rule_local_address("lua.example", "192.0.2.9", true, 60, 0, C.KR_RULE_OPTS_DEFAULT)'}`, queries: []string{"lua.example A"}},
	{name: "Lua of the policy-loader alone", config: `lua: {policy-script-only: true, policy-script: "local C = require('ffi').C\nassert(C.kr_rule_local_address('lua.example', '192.0.2.9', true, 60, 0, C.KR_RULE_OPTS_DEFAULT) == 0)\nassert(C.defer_init(nil, 0, 0) == 0)\nquit()"}`,
		queries: []string{"lua.example A"}},
	{name: "Lua from a file", config: "lua: {script-file: script.lua}", files: map[string]string{"script.lua": "mine = 'file ' .. worker.id\n"}, stockFails: "convert: stock crashes on script-file", want: map[string]string{"mine": `"file 1"`}},
	{name: "Lua of the policy-loader from a file", config: "lua: {policy-script-file: script.lua}", files: map[string]string{"script.lua": "assert(C.kr_rule_local_address('lua.example', '192.0.2.9', true, 60, 0, C.KR_RULE_OPTS_DEFAULT) == 0)\n"},
		stockFails: "convert: stock crashes on policy-script-file", queries: []string{"lua.example A"}, want: map[string]string{"lua.example A": "NOERROR EDNS 1232 RA RD lua.example. 60 IN A 192.0.2.9"}},
	{name: "Lua in place of everything", config: "lua: {script-only: true, script: 'net.listen(\"127.0.0.1\", 53, { kind = \"dns\" })'}", queries: []string{"host.example A"},
		stockFails: "observation: stock has neither the control socket nor the rules then", want: map[string]string{"host.example A": "NOERROR EDNS 1232 RA RD host.example. 300 IN A 192.0.2.1"}},
}
