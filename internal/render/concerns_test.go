// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// concerned returns the parts that differ between two configurations.
func concerned(a, b *config.Config) string {
	var parts []string
	for _, p := range []struct {
		name string
		text func(*config.Config) (text, hash string)
	}{
		{"worker", func(c *config.Config) (string, string) { return Worker(c, machine.render) }},
		{"rules", PolicyLoader},
		{"gc", func(c *config.Config) (string, string) {
			e := CacheGCArguments(CacheGC(c))
			return e, Hash(e)
		}},
		{"components", func(c *config.Config) (string, string) {
			var text, hash string
			for _, k := range Components(c, machine.render) {
				text += fmt.Sprintln(k.Name, k.Kind, k.Command)
				hash += k.Name + k.Hash
			}
			return text, hash
		}},
	} {
		at, ah := p.text(a)
		bt, bh := p.text(b)
		if (at == bt) != (ah == bh) {
			parts = append(parts, p.name+"'s hash does not tell")
		}
		if at != bt {
			parts = append(parts, p.name)
		}
	}
	return strings.Join(parts, " ")
}

// What a key concerns decides what a change of it restarts.
func TestEachKeyConcernsOnlyWhatReadsIt(t *testing.T) {
	const (
		noOne = ""
		tls   = "network: {listen: [{interface: ::1, kind: dot}]}\n"
		fwd   = "forward: [{subtree: a.example, servers: [192.0.2.1]}]\n"
		ta    = `dnssec: {trust-anchors: ["example. DS 370 13 2 BE74359954660069D5C63D200C39F5603827D7DD02B56F120EE9F3A86764247C"]}`
	)
	for _, c := range []struct{ base, changed, want string }{
		{"{}", "workers: 3", noOne},
		{"{}", "workers: auto", noOne},
		{"{}", "management: {unix-socket: /run/other.sock}", noOne},
		{"{}", "rundir: /run/other", "worker"},
		{"{}", "hostname: other.example", "worker"},
		{"{}", "nsid: x", "worker"},
		{"nsid: x", "nsid: ''", "worker"},
		{"{}", "network: {listen: [{interface: 127.0.0.1}]}", "worker"},
		{"{}", "network: {listen: [{interface: 127.0.0.1, freebind: true}, {interface: '::1', freebind: true}]}", "worker"},
		{"{}", "network: {listen: [{interface: 127.0.0.1, port: 5353}, {interface: '::1', freebind: true}]}", "worker"},
		{"{}", tls, "worker"},
		{tls, tls[:len(tls)-2] + ", tls: {cert-file: a, key-file: b}}", "worker"},
		{"{}", "network: {tls: {cert-file: a, key-file: b}}", noOne}, // no one serves TLS
		{"{}", "local-data: {addresses: {a.example: 192.0.2.1}}", "rules"},
		{"{}", "local-data: {records: 'a.example. A 192.0.2.1'}", "rules"},
		{"{}", fwd, "rules"},
		{fwd, strings.Replace(fwd, "a.example", "b.example", 1), "rules"},
		{fwd, strings.Replace(fwd, "servers", "options: {dnssec: false}, servers", 1), "rules"},
		{fwd, strings.Replace(fwd, "servers", "options: {authoritative: true}, servers", 1), "rules"},
		{fwd, strings.Replace(fwd, "servers", "options: {authoritative: true, dnssec: false}, servers", 1), "worker rules"},
		{fwd, strings.Replace(fwd, "192.0.2.1", "{address: 192.0.2.1, transport: tls, hostname: d.example}", 1), "worker rules"},
		{"{}", "cache: {storage: /other}", "worker gc"},
		{"{}", "cache: {size-max: 200M}", "worker"},
		{"{}", "cache: {garbage-collector: {enable: false}}", "gc"},
		{"{}", "cache: {garbage-collector: {interval: 2s}}", "gc"},
		{"{}", "cache: {garbage-collector: {threshold: 50}}", "gc"},
		{"{}", "cache: {garbage-collector: {release: 50}}", "gc"},
		{"{}", "cache: {garbage-collector: {temp-keys-space: 1M}}", "gc"},
		{"{}", "cache: {garbage-collector: {rw-deletes: 1}}", "gc"},
		{"{}", "cache: {garbage-collector: {rw-reads: 1}}", "gc"},
		{"{}", "cache: {garbage-collector: {rw-duration: 1s}}", "gc"},
		{"{}", "cache: {garbage-collector: {rw-delay: 1s}}", "gc"},
		{"{}", "cache: {garbage-collector: {dry-run: true}}", "gc"},
		{"{}", "dnssec: {enable: false}", "worker"},
		{"{}", "dnssec: {log-bogus: true}", "worker"},
		{"{}", "dnssec: {sentinel: false}", "worker"},
		{"{}", "dnssec: {signal-query: false}", "worker"},
		{"{}", ta, "worker"},
		{"{}", "dnssec: {trust-anchors-files: [{file: a}]}", "worker"},
		{"dnssec: {trust-anchors-files: [{file: a}]}", "dnssec: {trust-anchors-files: [{file: a, read-only: true}]}", "worker"},
		{"{}", "dnssec: {negative-trust-anchors: [a.example]}", "worker"},
		{"{}", "logging: {level: info}", "worker rules"},
		{"{}", "logging: {level: debug}", "worker rules gc"},
		{"{}", "logging: {target: stdout}", "worker rules"},
		{"{}", "logging: {target: stderr}", "worker"}, // where the rules go anyway
		{"{}", "logging: {groups: [cache]}", "worker rules"},
		{"{}", "logging: {groups: [kresd]}", "worker"},
		{"{}", "logging: {groups: [policy-loader]}", "rules"},
		{"{}", "logging: {groups: [cache-gc]}", "gc"},
		{"{}", "logging: {groups: [manager]}", noOne},
		{"{}", "logging: {dnstap: {enable: true, unix-socket: /run/tap.sock}}", "worker"},
		{"{}", "monitoring: {metrics: always}", "worker"},
		{"{}", "monitoring: {metrics: manager-only}", noOne},
		{"{}", "options: {serve-stale: true}", "worker"},
		{"{}", "network: {do-ipv6: false}", "worker"},
		{"{}", "network: {quic: {max-conns: 7}}", noOne}, // no one serves it
		{"{}", "network: {tls: {padding: false}}", noOne},
		{"{}", "views: [{subnets: [192.0.2.0/24], answer: refused}]", "rules"},
		{"{}", "local-data: {rules: [{name: a.example, subtree: nxdomain}]}", "rules"},
		{"{}", "local-data: {rpz: [{file: a.rpz}]}", "rules"},
		{"{}", "local-data: {ttl: 1m}", noOne}, // there is nothing it is the lifetime of
		{"local-data: {records: x}", "local-data: {records: x, ttl: 1m}", "rules"},
		{"{}", "fallback: {enable: true, servers: [192.0.2.1]}", "worker"},
		{"{}", "cache: {ttl-max: 1h}", "worker"},
		{"{}", "dns64: {enable: true}", "worker"},
		{"{}", "rate-limiting: {enable: true, rate-limit: 100}", "worker"},
		{"{}", "defer: {enable: false}", "worker"},
		{"{}", "lua: {script: 'x = 1'}", "worker"},
		{"{}", "lua: {script-file: a.lua}", "worker"},
		{"{}", "lua: {policy-script: 'x = 1'}", "rules"},
		{"{}", "lua: {policy-script-file: a.lua}", "rules"},
		{"nsid: a\nlua: {script: 'x', script-only: true}", "nsid: b\nlua: {script: 'x', script-only: true}", noOne},
	} {
		if got := concerned(parse(t, c.base), parse(t, c.changed)); got != c.want {
			t.Errorf("%s → %s concerns %q, want %q", c.base, c.changed, got, c.want)
		}
	}
}

func TestTheSameInOtherWordsConcernsNoOne(t *testing.T) {
	for _, c := range []struct{ one, other string }{
		{"{}", "workers: 1\nlogging: {level: notice}\ncache: {}\ndnssec: {enable: true}"},
		{"cache: {garbage-collector: {interval: 60s}}", "cache: {garbage-collector: {interval: 1m}}"},
		{"cache: {size-max: 1G}", "cache: {size-max: 1024M}"},
		{"cache: {storage: /a/b}", "cache: {storage: /a//b/./}"},
		{"hostname: h\nnsid: n", "nsid: n\nhostname: h"},
		{"dnssec: {negative-trust-anchors: [A.Example.]}", "dnssec: {negative-trust-anchors: [a.example]}"},
		{"forward: [{subtree: a.example, servers: [192.0.2.1]}]", "forward: [{servers: [{address: [192.0.2.1]}], subtree: [A.example.]}]"},
		{"network: {listen: [{interface: '::1'}]}", "network: {listen: [{interface: ['0:0:0:0:0:0:0:1'], port: 53, kind: dns}]}"},
		{"local-data: {addresses: {a.example: 192.0.2.1}}", "local-data: {addresses: {A.example.: [192.0.2.1]}}"},
		{"nsid: null\nforward: null", "{}"},
	} {
		if got := concerned(parse(t, c.one), parse(t, c.other)); got != "" {
			t.Errorf("%s and %s differ for %s", c.one, c.other, got)
		}
	}
}

func TestTheSameConfigurationGivesTheSameText(t *testing.T) {
	const text = `
local-data: {addresses: {a.example: 192.0.2.1, b.example: ["2001:db8::1", 192.0.2.2]}, records: "c.example. A 192.0.2.3"}
forward: [{subtree: [x.example, y.example], servers: [{address: 192.0.2.1, transport: tls, hostname: d.example}]}]
dnssec: {negative-trust-anchors: [q.example, r.example]}
`
	first := files(parse(t, text))
	for range 20 {
		if diff := cmp.Diff(first, files(parse(t, text))); diff != "" {
			t.Fatal(diff)
		}
	}
}

// The workers of an upgraded host, or of one with more CPUs, tell by their hash.
func TestTheHashTellsHostsApart(t *testing.T) {
	c := parse(t, "network: {listen: [{interface: ::1, kind: dot}]}")
	_, hash := Worker(c, machine.render)
	for _, other := range []Host{{CPUs: 8, TicketSecret: machine.render.TicketSecret}, {CPUs: 4, TicketSecret: "/other"}, {CPUs: 4}} {
		if _, h := Worker(c, other); h == hash {
			t.Errorf("%+v has the same hash", other)
		}
	}
}

func TestHashKeepsItsPartsApart(t *testing.T) {
	seen := map[string]bool{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "", "b"}} {
		h := Hash(parts...)
		if len(h) != 16 || strings.Trim(h, "0123456789abcdef") != "" || seen[h] {
			t.Errorf("the hash of %q is %s", parts, h)
		}
		seen[h] = true
	}
}

// A text announces the hash of itself, after everything that can fail.
func TestTheHashIsAnnouncedLast(t *testing.T) {
	c := parse(t, "lua: {script: 'x = 1'}\nlocal-data: {addresses: {a.example: 192.0.2.1}}")
	worker, hash := Worker(c, machine.render)
	if !strings.HasSuffix(worker, "\nC.sd_notify(0, 'STATUS=config "+hash+"')\n") {
		t.Errorf("a worker ends in %q", worker[len(worker)-80:])
	}
	rules, hash := PolicyLoader(c)
	if !strings.HasSuffix(rules, "\nlocal degraded = load_rules('"+hash+"', rules)\nif not again then C.sd_notify(0, 'STATUS=rules "+hash+"' .. degraded) end\nquit()\n") {
		t.Errorf("the policy-loader ends in %q", rules[len(rules)-80:])
	}
}

func TestAnIntervalBelowAMillisecondIsNotOnce(t *testing.T) {
	c := parse(t, "{}")
	c.Cache.GarbageCollector.Interval = 999 // ns
	if args := CacheGC(c); args[3] != "1" {
		t.Errorf("arguments: %q", args)
	}
}

// TestTheWordsOfAPlanNameTheRightKeys holds units.Concerns, by which a plan names the
// key that a step is there for, to what changes of keys were observed to do.
func TestTheWordsOfAPlanNameTheRightKeys(t *testing.T) {
	for _, e := range readEffects(t) {
		if e.Acts == "no one" || strings.HasPrefix(e.Live, "refused") {
			continue
		}
		told := units.Concerns(e.Key)
		for _, who := range strings.Fields(e.Acts) {
			if who != "components" && !slices.Contains(told, who) {
				t.Errorf("%s acts on %s; units.Concerns tells %v", e.Key, who, told)
			}
		}
	}
	for key, want := range map[string]string{"/local-data/rules/0/ttl": "rules", "/nsid": "workers", "/workers": "count", "/version": "", "/systemd/cpu-weight": "limits", "/components/x/command": ""} {
		if got := strings.Join(units.Concerns(key), " "); got != want {
			t.Errorf("%s concerns %q, not %q", key, got, want)
		}
	}
}
