// SPDX-License-Identifier: Apache-2.0

package oracle

import "crypto/tls"

// everyTransport serves all protocols, with the certificate of the test.
const everyTransport = `
network:
  tls: {cert-file: PKI/cert.pem, key-file: PKI/key.pem}
  listen:
    - {interface: 127.0.0.1}
    - {interface: 127.0.0.1, kind: dot}
    - {interface: 127.0.0.1, kind: doh2}
    - {interface: 127.0.0.1, kind: doh2-insecure}
    - {interface: 127.0.0.1, kind: doq}
`

// legacy serves DNS over HTTPS with the module for that.
func legacy(more string) string {
	return "network: {listen: [{interface: 127.0.0.1}, {interface: 127.0.0.1, kind: doh-legacy}], " + more + "}\n"
}

// encrypted serves DNS over TLS with more keys of network/tls.
func encrypted(more string) string {
	return "network: {listen: [{interface: 127.0.0.1}, {interface: 127.0.0.1, kind: dot}], tls: {" + more + "}}\n"
}

var overAll = []string{
	"host.example A", "host.example A +tcp", "host.example A +tls", "host.example A +https", "host.example A +http", "host.example A +quic",
	"host.example AAAA +tls +pad", "host.example TXT +tls +do +pad",
}

// twice asks over a TLS session that the next query resumes.
var twice = []string{"host.example A +tls +resume +times=2"}

// resumed is how that shows that both sides have the same secret.
var resumed = map[string]string{twice[0]: "our side resumes the session of the stock side, which could resume none at first"}

var transportCases = []testCase{
	{name: "every transport", config: everyTransport, queries: overAll,
		want: map[string]string{"host.example A +quic": "NOERROR qr rd ra ad host.example. 300 IN A 192.0.2.1"}},
	{name: "DNS over TLS with a key of its own", config: "network: {listen: [{interface: 127.0.0.1, kind: dot}]}", queries: []string{"host.example A +tls", "host.example A +tls +pad"}},
	{name: "DNS over HTTPS as it was", config: legacy("tls: {cert-file: PKI/cert.pem, key-file: PKI/key.pem}"), queries: []string{"host.example A +https", "host.example TXT +https +do"}},
	{name: "DNS over HTTPS as it was, without a certificate", config: legacy("tls: {padding: true}"), queries: []string{"host.example A +https"}},
	{name: "DNS over TLS on another port", config: "network: {listen: [{interface: 127.0.0.1, kind: dot, port: 8853}]}", queries: []string{"host.example A +tls @127.0.0.1:8853"}},
	{name: "DNS over TLS on the port of HTTPS", config: "network: {listen: [{interface: 127.0.0.1@443, kind: dot}]}", queries: []string{"host.example A +tls @127.0.0.1:443"}},
	{name: "plain DNS on the port of TLS", config: "network: {listen: [{interface: 127.0.0.1@853, kind: dns}]}", queries: []string{"host.example A @127.0.0.1:853", "host.example A +tcp @127.0.0.1:853"}},
	{name: "HTTPS on the port of plain DNS", config: "network: {listen: [{interface: 127.0.0.1@53, kind: doh2}]}", queries: []string{"host.example A +https @127.0.0.1:53"}},
	{name: "HTTP/2 without TLS", config: "network: {listen: [{interface: 127.0.0.1@8080, kind: doh2-insecure}]}", queries: []string{"host.example A +http @127.0.0.1:8080", "host.example A @127.0.0.1:8080"}},
	{name: "QUIC with limits", config: "network: {listen: [{interface: 127.0.0.1, kind: doq}], quic: {max-conns: 9, max-streams: 17, require-retry: true}}", queries: []string{"host.example A +quic"},
		want: map[string]string{"network quic": `"090011000100"`}},
	{name: "QUIC with default limits", config: "network: {listen: [{interface: 127.0.0.1, kind: doq}], quic: {max-conns: 1024}}", queries: []string{"host.example A +quic"}},
	{name: "QUIC with the largest limits", config: "network: {listen: [{interface: 127.0.0.1, kind: doq}], quic: {max-conns: 4096, max-streams: 4096}}", queries: []string{"host.example A +quic"}},
	{name: "QUIC and TLS on one port", config: "network: {listen: [{interface: 127.0.0.1, kind: doq}, {interface: 127.0.0.1, kind: dot}]}", queries: []string{"host.example A +quic", "host.example A +tls"}},
	{name: "limits of QUIC that is not served", config: listens("quic: {max-conns: 9}"), differs: map[string]string{"network quic": noQUIC}},
	{name: "encryption on an interface by name and on IPv6", config: "network: {listen: [{interface: lo, kind: dot}, {interface: '::1', kind: doh2}, {interface: '::1', kind: doq}]}",
		queries: []string{"host.example A +tls", "host.example A +tls @::1", "host.example A +https @::1", "host.example A +quic @::1"}},
	{name: "the default padding", config: encrypted("padding: true"), queries: []string{"host.example A +tls +pad", "host.example A +tls"}},
	{name: "no padding", config: encrypted("padding: false"), queries: []string{"host.example A +tls +pad"}},
	{name: "padding to multiples", config: encrypted("padding: 200"), queries: []string{"host.example A +tls +pad", "host.example A +tls"}, want: map[string]string{"net.tls_padding": "200"}},
	{name: "the widest padding", config: encrypted("padding: 512"), queries: []string{"host.example A +tls +pad"}},
	{name: "padding of zero", config: encrypted("padding: 0"), queries: []string{"host.example A +tls +pad"}},
	{name: "padding of one", config: encrypted("padding: 1"), queries: []string{"host.example A +tls +pad"},
		differs: map[string]string{"net.tls_padding": "1 and false are the same to us and to kresd, and read back as they were written"}},
	{name: "padding of what is not served", config: listens("tls: {padding: 128}"), differs: map[string]string{"net.tls_padding": noTLS}},
	{name: "a secret of tickets", config: encrypted("sticket-secret: '0123456789 0123456789 0123456789'"), queries: twice, sessions: tls.NewLRUClientSessionCache(1), differs: resumed},
	{name: "a secret of tickets with odd characters", config: encrypted(`sticket-secret: "it's \"a\" \\ secret\n of 32 bytes: é"`), queries: twice, sessions: tls.NewLRUClientSessionCache(1), differs: resumed},
	{name: "a secret of tickets in a file", config: encrypted("sticket-secret-file: PKI/secret"), queries: twice, sessions: tls.NewLRUClientSessionCache(1), differs: resumed},
	{name: "no secret of tickets", config: encrypted("padding: true"), queries: twice, sessions: tls.NewLRUClientSessionCache(1)},
	{name: "a certificate that is not used", config: listens("tls: {cert-file: PKI/cert.pem, key-file: PKI/key.pem}"), differs: map[string]string{"net.tls": noTLS}},
}
