// SPDX-License-Identifier: Apache-2.0

package oracle

// forwardTo has a rule for everything below example.
func forwardTo(servers, options string) string {
	return "forward: [{subtree: example, servers: [" + servers + "], options: {" + options + "}}]\nlocal-data: {addresses: {local.test: 192.0.2.1}}\n"
}

// fallbackTo adds fallback servers to a server that fails for broken.example.
func fallbackTo(servers string) string {
	return forwarded + "fallback: {enable: true, servers: [" + servers + "]}\n"
}

const (
	answered = "NOERROR EDNS 1232 RA RD x.example. 3600 IN A 192.0.2.99"
	asks     = "x.example A"
)

var forwardCases = []testCase{
	{name: "forwarding to a port", config: forwardTo("127.0.0.2@5300", "dnssec: false"), queries: []string{asks, "none.example A", "x.example AAAA", asks + " +tcp +do"}, want: map[string]string{asks: answered}},
	{name: "forwarding to the default port", config: forwardTo("127.0.0.2", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}},
	{name: "forwarding to several servers", config: forwardTo("127.0.0.2@5300, 127.0.0.3, {address: [127.0.0.2@53, '::1@5300']}", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}, chance: []string{"upstream"}},
	{name: "forwarding to IPv6", config: forwardTo("'::1@5300'", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}},
	{name: "forwarding to IPv6 in long form", config: forwardTo("'0:0:0:0:0:0:0:1@5300'", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}},
	{name: "forwarding with objects for servers", config: forwardTo("{address: 127.0.0.2@5300}", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}},
	{name: "forwarding of a list of names", config: "forward: [{subtree: [a.example, B.example., c.d.example], servers: [127.0.0.2@5300], options: {dnssec: false}}]",
		queries: []string{"x.a.example A", "b.example A", "x.c.d.example A"}},
	{name: "forwarding of names inside one another", config: "forward: [{subtree: ., servers: [127.0.0.2@5300], options: {dnssec: false}}, {subtree: sub.example, servers: [127.0.0.3@5300], options: {dnssec: false}}]",
		queries: []string{"x.example A", "x.sub.example A"}},
	{name: "forwarding of one name twice", config: "forward: [{subtree: example, servers: [127.0.0.2@5300], options: {dnssec: false}}, {subtree: example, servers: [127.0.0.3@5300], options: {dnssec: false}}]", queries: []string{asks}},
	{name: "forwarding of everything with validation", config: "dnssec: {enable: true}\nforward: [{subtree: ., servers: [127.0.0.2@5300]}]", queries: []string{"localhost A"}},
	{name: "forwarding of an international name", config: "forward: [{subtree: příklad.example, servers: [127.0.0.3@5300], options: {dnssec: false}}, {subtree: ., servers: [127.0.0.2@5300], options: {dnssec: false}}]",
		queries: []string{"x.xn--pklad-zsa96e.example A"}, differs: map[string]string{"rules": "international names become A-labels", "upstream": "so that another server is asked"}},
	{name: "authoritative servers", config: forwardTo("127.0.0.2", "authoritative: true, dnssec: false"), queries: []string{asks, "a.b.c.example A", "none.example A"}, want: map[string]string{asks: answered}},
	{name: "authoritative servers with validation on", config: "dnssec: {enable: true, signal-query: false}\n" + forwardTo("127.0.0.2", "authoritative: true"), queries: []string{"localhost A"}},
	{name: "authoritative servers without validation while it is on", config: "dnssec: {enable: true, signal-query: false}\n" + forwardTo("127.0.0.2@53", "authoritative: true, dnssec: false"),
		queries: []string{asks + " +do", "none.example A"}},
	{name: "authoritative servers on another port", config: forwardTo("127.0.0.2@53, 127.0.0.3@5300", "authoritative: true, dnssec: false"),
		stockFails: "loader: stock looks at the first server only", oursFails: "convert: authoritative servers are asked on port 53"},
	{name: "forwarding without validation while it is on", config: "dnssec: {enable: true, signal-query: false}\n" + forwardTo("127.0.0.2@5300", "dnssec: false"), queries: []string{asks + " +do"}},
	{name: "forwarding over TLS with a pin", config: forwardTo("{address: 127.0.0.2, transport: tls, pin-sha256: SERVER_PIN}", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}},
	{name: "forwarding over TLS with several pins and ports", config: forwardTo("{address: [127.0.0.2@853, 127.0.0.3@853], transport: tls, pin-sha256: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, SERVER_PIN]}", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}, chance: []string{"upstream"}},
	{name: "forwarding over TLS with a wrong pin", config: forwardTo("{address: 127.0.0.2, transport: tls, pin-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=}", "dnssec: false"), queries: []string{asks}, chance: []string{asks}, want: map[string]string{"upstream": ""}},
	{name: "forwarding over TLS with a name and a CA", config: forwardTo("{address: 127.0.0.2@853, transport: tls, hostname: dns.example, ca-file: PKI/ca.pem}", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}},
	{name: "forwarding over TLS with a wrong name", config: forwardTo("{address: 127.0.0.2@853, transport: tls, hostname: other.example, ca-file: PKI/ca.pem}", "dnssec: false"), queries: []string{asks}, chance: []string{asks}, want: map[string]string{"upstream": ""}},
	{name: "forwarding over TLS to plain servers beside", config: forwardTo("127.0.0.3@5300, {address: 127.0.0.2, transport: tls, pin-sha256: SERVER_PIN}", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}, chance: []string{"upstream"}},
	{name: "forwarding with authentication and without TLS", config: forwardTo("{address: 127.0.0.2@5300, hostname: dns.example, ca-file: PKI/ca.pem}", "dnssec: false"), queries: []string{asks}, want: map[string]string{asks: answered}},
	{name: "fallback", config: fallbackTo("127.0.0.3@5300"), queries: []string{"x.broken.example A", asks, "x.mute.example A"},
		want: map[string]string{"x.mute.example A": "NOERROR EDNS 1232 RA RD x.mute.example. 3600 IN A 192.0.2.99"}},
	{name: "fallback over TLS", config: fallbackTo("{address: 127.0.0.2, transport: tls, pin-sha256: SERVER_PIN}, 127.0.0.3"), queries: []string{asks}},
	{name: "fallback over TLS with a name", config: fallbackTo("{address: [127.0.0.2, 127.0.0.3@853], transport: tls, hostname: dns.example, ca-file: PKI/ca.pem}")},
	{name: "fallback that is off", config: forwarded + "fallback: {enable: false, servers: [127.0.0.3@5300]}", queries: []string{"x.broken.example A"}},
}
