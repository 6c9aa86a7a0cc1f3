// SPDX-License-Identifier: Apache-2.0

package oracle

// listens is the section network with a plain listener and more keys.
func listens(more string) string {
	return "network: {listen: [{interface: 127.0.0.1}], " + more + "}\n"
}

const (
	// noTLS is why keys about TLS have no effect.
	noTLS = "nothing encrypted is served, so the key has no effect and is left out"
	// noQUIC likewise.
	noQUIC = "QUIC is not served, so the key has no effect and is left out"
)

// refusedClient is a client that is not served, and proxied asks as it.
const refusedClient = "views: [{subnets: [203.0.113.5], answer: refused}]\n"

var proxied = []string{"host.example A", "host.example A +proxy=203.0.113.5", "host.example A +proxy=203.0.113.6"}

var networkCases = []testCase{
	{name: "no IPv4 upstream", config: listens("do-ipv4: false"), want: map[string]string{"net.ipv4": "false", "option NO_IPV4": "true"}},
	{name: "no IPv6 upstream", config: listens("do-ipv6: false"), want: map[string]string{"net.ipv6": "false", "option NO_IPV6": "true"}},
	{name: "an address to ask from", config: listens("out-interface-v4: 127.0.0.77") + forwarded, queries: []string{"x.example A"}, want: map[string]string{"net.outgoing_v4": `"127.0.0.77"`}},
	{name: "an IPv6 address to ask from", config: listens("out-interface-v6: '::0001'") + "forward: [{subtree: ., servers: ['::1@5300'], options: {dnssec: false}}]",
		queries: []string{"x.example A"}, want: map[string]string{"net.outgoing_v6": `"::1"`}},
	{name: "pipelines of one query", config: listens("tcp-pipeline: 1"), queries: []string{"host.example A +tcp"}, want: map[string]string{"net.tcp_pipeline": "1"}},
	{name: "pipelines of nothing", config: listens("tcp-pipeline: 0")},
	{name: "the longest pipelines", config: listens("tcp-pipeline: 65535")},
	{name: "no keepalive", config: listens("edns-tcp-keepalive: false"), queries: []string{"host.example A +tcp +keepalive"}},
	{name: "keepalive", config: listens("edns-tcp-keepalive: true"), queries: []string{"host.example A +tcp +keepalive", "host.example A +keepalive"}},
	{name: "larger messages upstream", config: listens("edns-buffer-size: {upstream: 4K}") + forwarded, queries: []string{"long.example TXT", "long.example TXT +tcp", "x.example A"},
		want: map[string]string{"net.bufsize": "{1=1232 2=4096}"}},
	{name: "larger messages downstream", config: listens("edns-buffer-size: {downstream: 4096B}") + forwarded, queries: []string{"long.example TXT +bufsize=4096"},
		want: map[string]string{"net.bufsize": "{1=4096 2=1232}"}},
	{name: "the smallest messages", config: listens("edns-buffer-size: {upstream: 512B, downstream: 512B}") + forwarded, queries: []string{"long.example TXT", "x.example A"}},
	{name: "the largest messages", config: listens("edns-buffer-size: {upstream: 65535B, downstream: 65535B}") + forwarded, queries: []string{"long.example TXT +bufsize=65535"}},
	{name: "renumbering of a network", config: listens("address-renumbering: [{source: 192.0.2.0/24, destination: 198.51.100.0}, {source: 203.0.113.128/25, destination: 10.9.8.0}]") +
		"local-data: {addresses: {host.example: 192.0.2.1, second.example: 203.0.113.129, not.example: 203.0.113.1}}",
		queries: []string{"host.example A", "second.example A", "not.example A"}},
	{name: "renumbering to one address", config: listens("address-renumbering: [{source: 192.0.2.0/24, destination: 198.51.100.7!}]"), queries: []string{"host.example A"}},
	{name: "renumbering of IPv6", config: listens("address-renumbering: [{source: '2001:db8::/32', destination: '2001:db9::'}, {source: '2001:dba::/32', destination: '2001:dbb::5!'}]") +
		"local-data: {addresses: {host.example: '2001:db8:1::5', whole.example: '2001:dba::1'}}", queries: []string{"host.example AAAA", "whole.example AAAA"}},
	{name: "renumbering at an odd bit", config: listens("address-renumbering: [{source: 192.0.0.0/11, destination: 10.255.255.255}]"), queries: []string{"host.example A"}},
	{name: "proxies", config: listens("proxy-protocol: {enable: true, allow: [192.0.2.0/24, 198.51.100.1, '2001:db8::/32', '2001:db8:1::1']}"), queries: []string{"host.example A"}},
	{name: "any proxy", config: listens("proxy-protocol: {enable: true, allow: [0.0.0.0/0, '::/0']}") + refusedClient, queries: proxied},
	{name: "this proxy", config: listens("proxy-protocol: {enable: true, allow: [127.0.0.1]}") + refusedClient, queries: proxied},
	{name: "another proxy", config: listens("proxy-protocol: {enable: true, allow: [127.0.0.0/32]}") + refusedClient, queries: []string{proxied[0], proxied[1] + " +silent"}},
	{name: "proxies that are off", config: listens("proxy-protocol: {enable: false, allow: [192.0.2.0/24]}")},
	{name: "several addresses", config: "network: {listen: [{interface: [127.0.0.1, 127.0.0.9]}, {interface: 127.0.0.8@5353}, {interface: ['127.0.0.7@5354', '127.0.0.7@5355']}]}",
		queries: []string{"host.example A @127.0.0.9", "host.example A +tcp @127.0.0.8:5353", "host.example A @127.0.0.7:5355"}},
	{name: "a port for all", config: "network: {listen: [{interface: [127.0.0.1, 127.0.0.9], port: 5353}]}", queries: []string{"host.example A @127.0.0.9:5353"}},
	{name: "IPv6", config: "network: {listen: [{interface: '::1'}]}", queries: []string{"host.example A @::1", "host.example A +tcp @::1"}},
	{name: "the default addresses", config: "network: {do-ipv6: true}", queries: []string{"host.example A", "host.example A @::1"}},
	{name: "an interface by name", config: "network: {listen: [{interface: lo}]}", queries: []string{"host.example A", "host.example A @::1"}},
	{name: "an interface by name with a port", config: "network: {listen: [{interface: lo@5353}]}", queries: []string{"host.example A @127.0.0.1:5353", "host.example A @[::1]:5353"}},
	{name: "addresses that are not there", config: "network: {listen: [{interface: [192.0.2.10, '2001:db8::10'], freebind: true}, {interface: 127.0.0.1}]}", queries: []string{"host.example A"}},
	{name: "all addresses", config: "network: {listen: [{interface: [0.0.0.0]}]}", queries: []string{"host.example A @127.0.0.1", "host.example A +tcp @127.0.0.5"}},
}
