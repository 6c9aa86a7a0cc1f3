// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"kresd-manager/internal/kresd"
)

// eval asks one worker for the value of a Lua expression.
func eval(t *testing.T, instance, expression string) any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := kresd.Dial(ctx, fmt.Sprintf("/proc/%d/root%s", sut.PID(), kresd.Socket("/run/knot-resolver", instance)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var v any
	if err := c.Eval(expression, &v); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// ask sends one query and describes the answer: response code, flags of
// interest, and the data of the answer section, sorted.
func ask(t *testing.T, network, name string, qtype uint16) string {
	t.Helper()
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), qtype)
	c := dns.Client{Net: network, Timeout: 2 * time.Second}
	var in *dns.Msg
	if err := sut.InNetNS(func() (err error) {
		in, _, err = c.Exchange(q, "127.0.0.1:53")
		return err
	}); err != nil {
		if strings.Contains(err.Error(), "timeout") {
			return "no answer"
		}
		t.Fatalf("%s: %v", name, err)
	}
	words := []string{dns.RcodeToString[in.Rcode]}
	if in.Truncated {
		words = append(words, "TC")
	}
	var data []string
	for _, rr := range in.Answer {
		f := strings.Fields(rr.String())
		data = append(data, strings.Join(append([]string{f[1]}, f[3:]...), " "))
	}
	slices.Sort(data)
	return strings.Join(append(words, data...), " ")
}

// keys is the configuration that the cases of TestKeys add to. It listens on
// fewer addresses than the default, and asks no one.
const keys = `
workers: 2
network: {listen: [{interface: 127.0.0.1}]%s}
dnssec: {enable: false}
local-data: {addresses: {host.example: 192.0.2.1}%s}
options: {priming: false%s}
`

// TestKeys says, for each key, what a real worker does with it.
func TestKeys(t *testing.T) {
	sut.Fresh(t, fmt.Sprintf(keys, "", "", ""))
	files := map[string]string{
		"/etc/knot-resolver/hosts":      "192.0.2.20 hosts.example alias.example\n",
		"/etc/knot-resolver/block.rpz":  "$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\nblocked.example CNAME .\nhost.moved CNAME host.example.\n",
		"/etc/knot-resolver/script.lua": "from_file = 'read'\n",
	}
	for path, text := range files {
		if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	module := func(name string) string {
		return fmt.Sprintf("(function () for _, m in ipairs(modules.list()) do if m == '%s' then return true end end return false end)()", name)
	}
	kind := func(name string) string {
		return fmt.Sprintf("(function () for _, l in ipairs(net.list()) do if l.kind == '%s' then return true end end return false end)()", name)
	}
	type query struct {
		network, name string
		qtype         uint16
		want          string
	}
	for _, c := range []struct {
		name                       string
		network, local, opts, more string
		lua                        map[string]any
		queries                    []query
		kdig                       []string // options of further ways to ask for host.example
	}{
		{name: "nothing special", lua: map[string]any{
			"mode()": "normal", "net.tcp_pipeline()": 100.0, "cache.max_ttl()": 86400.0, "cache.min_ttl()": 5.0, "cache.ns_tout()": 1000.0,
			"log_level()": "notice", module("priming"): false, module("stats"): false, "net.ipv4": true,
		}, queries: []query{{"udp", "host.example", dns.TypeA, "NOERROR 300 A 192.0.2.1"}, {"udp", "host.example", dns.TypeAAAA, "NOERROR"}}},
		{name: "options", opts: ", glue-checking: strict, minimize: false, query-loopback: true, reorder-rrset: false, query-case-randomization: false, rebinding-protection: true, refuse-no-rd: false, time-jump-detection: false, violators-workarounds: true, serve-stale: true",
			lua: map[string]any{
				"mode()": "strict", "option('NO_MINIMIZE')": true, "option('ALLOW_LOCAL')": true, "option('REORDER_RR')": false, "option('NO_0X20')": true,
				module("rebinding"): true, module("refuse_nord"): false, module("detect_time_jump"): false, module("workarounds"): true, module("serve_stale"): true,
			}},
		{name: "network", network: ", do-ipv4: false, out-interface-v4: 127.0.0.1, out-interface-v6: ::1, tcp-pipeline: 7, edns-tcp-keepalive: false, edns-buffer-size: {upstream: 1400B, downstream: 4K}",
			lua: map[string]any{
				"net.ipv4": false, "net.ipv6": true, "net.outgoing_v4()": "127.0.0.1", "net.outgoing_v6()": "::1",
				"net.tcp_pipeline()": 7.0, module("edns_keepalive"): false, "net.bufsize()": 4096.0,
			}},
		{name: "renumbering", network: ", address-renumbering: [{source: 192.0.2.0/24, destination: 198.51.100.0}]",
			queries: []query{{"udp", "host.example", dns.TypeA, "NOERROR 300 A 198.51.100.1"}}},
		{name: "renumbering of a whole address", network: ", address-renumbering: [{source: 192.0.2.0/24, destination: 198.51.100.7!}]",
			queries: []query{{"udp", "host.example", dns.TypeA, "NOERROR 300 A 198.51.100.7"}}},
		{name: "PROXYv2", network: ", proxy-protocol: {enable: true, allow: [192.0.2.0/24, 198.51.100.1]}",
			lua: map[string]any{"#net.proxy_allowed()": 2.0}},
		{name: "padding", network: ", tls: {padding: 128}", more: "", lua: map[string]any{}},
		{name: "cache", more: "cache: {ttl-min: 10s, ttl-max: 1h, ns-timeout: 2s, prefetch: {expiring: true, prediction: {enable: true, window: 30m, period: 12}}}",
			lua: map[string]any{"cache.min_ttl()": 10.0, "cache.max_ttl()": 3600.0, "cache.ns_tout()": 2000.0, module("prefetch"): true, module("predict"): true}},
		{name: "a shortest TTL of more than a day", more: "cache: {ttl-min: 2d, ttl-max: 3d}",
			lua: map[string]any{"cache.min_ttl()": 172800.0, "cache.max_ttl()": 259200.0}},
		{name: "a longest TTL of less than 5 s", more: "cache: {ttl-min: 1s, ttl-max: 2s}",
			lua: map[string]any{"cache.min_ttl()": 1.0, "cache.max_ttl()": 2.0}},
		{name: "logging", more: "logging: {level: info, groups: [iterat, cache, manager]}",
			lua: map[string]any{"log_level()": "info", "table.concat(log_groups(), ',')": "cache,iterat"}},
		{name: "debug of the workers alone", more: "logging: {groups: [kresd], target: stderr}",
			lua: map[string]any{"log_level()": "debug", "log_target()": "stderr"}},
		{name: "metrics", more: "monitoring: {metrics: always}", lua: map[string]any{module("stats"): true}},
		{name: "fallback", more: "fallback: {enable: true, servers: [192.0.2.53, {address: [192.0.2.54@853], transport: tls, pin-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=}]}",
			lua: map[string]any{module("fallback"): true}},
		{name: "dns64", more: "dns64: {enable: true, prefix: '2001:db8::/96', reverse-ttl: 30s, exclude-subnets: ['2001:db8:1::/64']}",
			lua:     map[string]any{module("dns64"): true},
			queries: []query{{"udp", "host.example", dns.TypeAAAA, "NOERROR 300 AAAA 2001:db8::c000:201"}}},
		{name: "rate-limiting with every answer truncated", more: "rate-limiting: {enable: true, rate-limit: 1, instant-limit: 1, slip: 1}",
			queries: []query{{"udp", "host.example", dns.TypeA, "NOERROR 300 A 192.0.2.1"}, {"udp", "host.example", dns.TypeA, "NOERROR TC"}}},
		{name: "defer off", more: "defer: {enable: false}", queries: []query{{"udp", "host.example", dns.TypeA, "NOERROR 300 A 192.0.2.1"}}},
		{name: "defer with messages", more: "defer: {log-period: 10s}", queries: []query{{"udp", "host.example", dns.TypeA, "NOERROR 300 A 192.0.2.1"}}},
		{name: "Lua from a file", more: "lua: {script-file: /etc/knot-resolver/script.lua}", lua: map[string]any{"from_file": "read"}},
		{name: "Lua with an instance of its own", more: "lua: {script: 'mine = worker.id; assert(C.kr_rules_reset ~= nil)'}", lua: map[string]any{"mine": "1"}},
		{name: "policy Lua", more: "lua: {policy-script: 'C.kr_rule_local_address(\"lua.example\", \"192.0.2.9\", true, 60, 0, C.KR_RULE_OPTS_DEFAULT)'}",
			queries: []query{{"udp", "lua.example", dns.TypeA, "NOERROR 60 A 192.0.2.9"}}},
		{name: "nsid and hostname", more: "nsid: it's\nhostname: name.example", lua: map[string]any{"nsid.name()": "it's1", "hostname()": "name.example"}},
		{name: "local-data: TTL and other types", local: ", ttl: 1m, addresses-files: [/etc/knot-resolver/hosts], records: \"r.example. 30 TXT \\\"it's ]] text\\\"\\n\"",
			queries: []query{
				{"udp", "host.example", dns.TypeA, "NOERROR 60 A 192.0.2.1"},
				{"udp", "hosts.example", dns.TypeA, "NOERROR 60 A 192.0.2.20"},
				{"udp", "alias.example", dns.TypeA, "NOERROR 60 A 192.0.2.20"},
				{"tcp", "r.example", dns.TypeTXT, `NOERROR 30 TXT "it's ]] text"`},
			}},
		{name: "rules", local: ", rules: [{name: [a.rule, b.rule], address: [192.0.2.30, 192.0.2.31], ttl: 5s}, {name: gone.rule, subtree: nxdomain}, {name: empty.rule, subtree: empty}, {name: all.rule, subtree: redirect, address: 192.0.2.32}, {file: /etc/knot-resolver/hosts, ttl: 7s}, {records: 'txt.rule. TXT yes'}]",
			queries: []query{
				{"udp", "b.rule", dns.TypeA, "NOERROR 5 A 192.0.2.30 5 A 192.0.2.31"},
				{"udp", "x.gone.rule", dns.TypeA, "NXDOMAIN"},
				{"udp", "gone.rule", dns.TypeA, "NXDOMAIN"},
				{"udp", "x.empty.rule", dns.TypeA, "NXDOMAIN"},
				{"udp", "deep.all.rule", dns.TypeA, "NOERROR 300 A 192.0.2.32"},
				{"udp", "hosts.example", dns.TypeA, "NOERROR 7 A 192.0.2.20"},
				{"udp", "txt.rule", dns.TypeTXT, `NOERROR 300 TXT "yes"`},
			}},
		{name: "RPZ", local: ", rpz: [{file: /etc/knot-resolver/block.rpz, log: [ip, name]}]",
			queries: []query{{"udp", "blocked.example", dns.TypeA, "NXDOMAIN"}, {"udp", "x.blocked.example", dns.TypeA, "NXDOMAIN"}}},
		{name: "a view that refuses", more: "views: [{subnets: [127.0.0.0/8], answer: refused}]",
			queries: []query{{"udp", "host.example", dns.TypeA, "REFUSED"}}},
		{name: "a view that does not answer", more: "views: [{subnets: [127.0.0.0/8], answer: noanswer}]",
			queries: []query{{"udp", "host.example", dns.TypeA, "no answer"}}},
		{name: "a view for one protocol", more: "views: [{subnets: [127.0.0.0/8], protocols: [tcp53], answer: refused}]",
			queries: []query{{"tcp", "host.example", dns.TypeA, "REFUSED"}, {"udp", "host.example", dns.TypeA, "NOERROR 300 A 192.0.2.1"}}},
		{name: "a view of both families for one destination", more: "views: [{subnets: [127.0.0.0/8, '::1/128'], dst-subnet: 127.0.0.1/32, answer: refused}]",
			queries: []query{{"udp", "host.example", dns.TypeA, "REFUSED"}}},
		{name: "tags", local: ", rules: [{name: tagged.example, address: 192.0.2.40, tags: [t1]}, {name: other.example, subtree: nxdomain, tags: [t2]}]",
			more:    "views: [{subnets: [127.0.0.0/8], tags: [t1], options: {minimize: false, dns64: false, price-factor: 0.5}}, {subnets: [192.0.2.0/24], tags: [t2]}]",
			queries: []query{{"udp", "tagged.example", dns.TypeA, "NOERROR 300 A 192.0.2.40"}}},
		{name: "DNS over HTTPS and QUIC", network: "]}\n#", more: "network: {listen: [{interface: 127.0.0.1}, {interface: 127.0.0.1, kind: doh2}, {interface: 127.0.0.1, kind: doh2-insecure}, {interface: 127.0.0.1, kind: doq}], quic: {max-conns: 9}}",
			lua:  map[string]any{kind("doh2"): true, kind("doh2-insecure"): true, kind("tls"): true},
			kdig: []string{"+https", "+https -p 443", "+quic -p 853"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := fmt.Sprintf(keys, c.network, c.local, c.opts) + c.more + "\n"
			if strings.HasSuffix(c.network, "#") { // replaces the section
				text = strings.Replace(fmt.Sprintf(keys, "", c.local, c.opts), "network: {listen: [{interface: 127.0.0.1}]}\n", "", 1) + c.more + "\n"
			}
			a := sut.Call(t, "PUT", "/v1/config", text, "Content-Type", "application/yaml", "Accept", "application/json")
			if a.Code != 200 {
				t.Fatalf("%d %s\n%s", a.Code, a.Body, text)
			}
			for expression, want := range c.lua {
				if diff := cmp.Diff(want, eval(t, "1", expression)); diff != "" {
					t.Errorf("%s: %s", expression, diff)
				}
			}
			for _, q := range c.queries {
				if got := ask(t, q.network, q.name, q.qtype); got != q.want {
					t.Errorf("%s %s over %s: %s, want %s", q.name, dns.TypeToString[q.qtype], q.network, got, q.want)
				}
			}
			for _, o := range c.kdig {
				if out := strings.TrimSpace(sut.Must(t, "sh", "-c", "kdig +short "+o+" @127.0.0.1 host.example")); out != "192.0.2.1" {
					t.Errorf("kdig %s: %q", o, out)
				}
			}
			if s := sut.Status(t); s.State != "running" {
				b, _ := json.MarshalIndent(s, "", "  ")
				t.Errorf("state %s: %s", s.State, b)
			}
		})
	}
}
