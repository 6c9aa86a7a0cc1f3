// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Times, sizes and networks have a normal form in every part of the model.
func TestDocumentsOfOtherPartsThatMeanTheSame(t *testing.T) {
	for _, texts := range [][]string{
		{"{}", "network: {tls: {watchdog: true, padding: yes}, tcp-pipeline: 100}\nlogging: {target: from-arg}\nviews: ~\ncomponents: {}\n"},
		{"network: {tls: {padding: 0}}", "network: {tls: {padding: false}}", "network: {tls: {padding: 1}}"},
		{"cache: {ttl-min: 5s}", "cache: {ttl-min: 5999ms}"},
		{"cache: {prefetch: {prediction: {window: 1m}}}", "cache: {prefetch: {prediction: {window: 119s}}}"},
		{"local-data: {ttl: 1s}", "local-data: {ttl: 1500ms}"},
		{"views: [{subnets: [10.0.0.0/8, 192.0.2.1], answer: allow}]", "views: [{subnets: [10.0.0.0/255.0.0.0, 192.0.2.1/032], answer: allow, options: {price-factor: 1}}]",
			"views: [{subnets: [10.0.0.0/0.255.255.255, 192.0.2.1/255.255.255.255], answer: allow, tags: ~}]"},
		{"dns64: {exclude-subnets: ['2001:db8::/32']}", "dns64: {exclude-subnets: ['2001:DB8:0::/032'], prefix: '64:FF9B:0::/96'}"},
		{"network: {proxy-protocol: {allow: [192.0.2.1]}}", "network: {proxy-protocol: {allow: [192.0.2.1/32]}}"},
		{"local-data: {ttl: 5s, nodata: false, rules: [{name: a, address: '::1'}]}", "local-data: {ttl: 5s, nodata: false, rules: [{name: [A.], address: ['0::1'], ttl: 5000ms, nodata: false}]}"},
		{"monitoring: {graphite: {host: g.example}}", "monitoring: {graphite: {host: G.Example.}}"},
		{"systemd: {cpu-affinity: [1, 2]}", "systemd: {cpu-affinity: [2, 1, 2]}"},
		{"components: {a: {command: [/a]}, b: {command: [/b]}}", "components: {b: {command: [/b], kind: dispensable}, a: {command: [/a], priority: 0}}"},
	} {
		first := mustConfig(t, texts[0])
		for _, text := range texts[1:] {
			if diff := cmp.Diff(first, mustConfig(t, text), compareConfigs); diff != "" {
				t.Errorf("%s\n%s\n%s", texts[0], text, diff)
			}
		}
	}
}

func TestValuesOfOtherPartsAreResolved(t *testing.T) {
	c := mustConfig(t, `
network:
  address-renumbering:
    - {source: 192.0.2.0/24, destination: 198.51.100.0}
    - {source: "2001:db8::1", destination: "2001:db8::2!"}
  listen:
    - {interface: 192.0.2.1, kind: doh2}
    - {interface: 192.0.2.1, kind: doh2-insecure}
    - {interface: 192.0.2.1, kind: xdp}
    - {interface: 192.0.2.1, kind: dot}
    - {interface: 192.0.2.1, kind: doq}
views:
  - {subnets: ["2001:db8::/32"], dst-subnet: 2001:db8:1::/48, tags: [5, a], options: {price-factor: .5}}
local-data:
  ttl: 1h
  rules:
    - {name: x, subtree: redirect, address: 192.0.2.1, tags: [a]}
    - {file: hosts, ttl: 1s, nodata: no, tags: [5]}
  rpz: [{file: z, log: [name, ip]}]
management: {interface: 127.0.0.1@ 5000}
monitoring: {graphite: {host: 2001:DB8::0:1}}
systemd: {watchdog: 0s}
`)
	prefix, addr, hour, second, none := netip.MustParsePrefix, netip.MustParseAddr, time.Hour, time.Second, time.Duration(0)
	dst := prefix("2001:db8:1::/48")
	var ports []uint16
	for _, l := range c.Network.Listen {
		for _, i := range l.Interface {
			ports = append(ports, i.Port)
		}
	}
	for _, test := range []struct{ got, want any }{
		{c.Network.AddressRenumbering, []Renumbering{{Source: prefix("192.0.2.0/24"), Destination: addr("198.51.100.0")}, {Source: prefix("2001:db8::1/128"), Destination: addr("2001:db8::2"), Exact: true}}},
		{ports, []uint16{443, 80, 53, 853, 853}},
		{c.Views, []View{{Subnets: []netip.Prefix{prefix("2001:db8::/32")}, DstSubnet: &dst, Tags: []string{"5", "a"}, Options: ViewOptions{Minimize: true, DNS64: true, PriceFactor: 0.5, Fallback: true}}}},
		{c.LocalData.Rules, []Rule{
			{Name: []string{"x"}, Subtree: "redirect", Address: []netip.Addr{addr("192.0.2.1")}, Tags: []string{"a"}, TTL: &hour, Nodata: true},
			{File: []string{"/etc/knot-resolver/hosts"}, Tags: []string{"5"}, TTL: &second},
		}},
		{c.LocalData.RPZ, []RPZ{{File: "/etc/knot-resolver/z", Watchdog: true, Log: []string{"name", "ip"}}}},
		{c.Management, Management{Interface: AddrPort{addr("127.0.0.1"), 5000}}},
		{c.Monitoring.Graphite.Host, "2001:db8::1"},
		{c.Systemd.Watchdog, &none},
	} {
		if diff := cmp.Diff(test.want, test.got, compareConfigs); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLogGroups(t *testing.T) {
	words := enumGrammar(logGroups).schema["enum"].([]string)
	engine := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.Contains(processGroups+" ", " "+word+" ") })
	if len(words) != 57 || len(engine) != 49 {
		t.Errorf("%d groups, %d of the engine", len(words), len(engine))
	}
}

func TestPlaces(t *testing.T) {
	for text, want := range map[string]bool{
		"system.slice": true, "a-b.slice": true, "-.slice": true, "a--b.slice": false, "-a.slice": false, "a.service": false,
		".slice": false, "a/b.slice": false, "a b.slice": false,
	} {
		if isSlice(text) != want {
			t.Errorf("slice %s: got %v", text, !want)
		}
	}
	for text, want := range map[string]bool{
		"https://a.example": true, "http://[::1]:8080": true, "https://A.example": false, "https://a/": false, "ftp://a": false,
		"null": false, "*": false, "https://u@a": false,
	} {
		if isOrigin(text) != want {
			t.Errorf("origin %s: got %v", text, !want)
		}
	}
}
