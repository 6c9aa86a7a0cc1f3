// SPDX-License-Identifier: Apache-2.0

package config

import "net/netip"

// Network is where the resolver answers and how it asks.
type Network struct {
	DoIPv4 bool `key:"do-ipv4" type:"bool" default:"true" doc:"Ask servers over IPv4."`
	DoIPv6 bool `key:"do-ipv6" type:"bool" default:"true" doc:"Ask servers over IPv6."`
	// OutInterfaceV4 and OutInterfaceV6 are invalid if the system chooses.
	OutInterfaceV4     netip.Addr     `key:"out-interface-v4" type:"ipv4?" doc:"IPv4 address to ask from. Without it the system chooses."`
	OutInterfaceV6     netip.Addr     `key:"out-interface-v6" type:"ipv6?" doc:"IPv6 address to ask from. Without it the system chooses."`
	TCPPipeline        int            `key:"tcp-pipeline" type:"int 0..65535" default:"100" doc:"Queries of one client connection that are worked on at the same time."`
	EDNSTCPKeepalive   bool           `key:"edns-tcp-keepalive" was:"/options/edns-tcp-keepalive" type:"bool" default:"true" doc:"Tell clients how long connections stay open (RFC 7828)."`
	EDNSBufferSize     EDNSBufferSize `key:"edns-buffer-size" doc:"Largest messages over UDP (RFC 6891)."`
	AddressRenumbering []Renumbering  `key:"address-renumbering" type:"list?" doc:"Addresses that are replaced in answers; the first entry that fits counts."`
	TLS                TLS            `key:"tls" doc:"Certificate and parameters of the encrypted protocols."`
	ProxyProtocol      ProxyProtocol  `key:"proxy-protocol" doc:"Clients behind proxies that speak PROXYv2."`
	QUIC               QUIC           `key:"quic" doc:"Limits of DNS over QUIC."`
	Listen             []Listen       `key:"listen" type:"list" default:"[{interface: 127.0.0.1}, {interface: '::1', freebind: true}]" doc:"Where to answer. A list given here replaces the default as a whole."`
}

// EDNSBufferSize is the largest messages over UDP, in bytes.
type EDNSBufferSize struct {
	Upstream   int64 `key:"upstream" type:"size" default:"1232B" doc:"For answers of other servers, 512B to 65535B."`
	Downstream int64 `key:"downstream" type:"size" default:"1232B" doc:"For answers to clients, 512B to 65535B."`
}

// Renumbering replaces addresses in answers.
type Renumbering struct {
	Source netip.Prefix `key:"source" type:"net" required:"true" doc:"Addresses to replace."`
	_      netip.Addr   `key:"destination" type:"ip|ip!" required:"true" doc:"Address whose first bits replace those of the source; with a final ! it replaces the address as a whole."`
	// Destination is of the family of Source.
	Destination netip.Addr
	Exact       bool // Destination replaces the address as a whole
}

// TLS is the certificate and parameters of the encrypted protocols. CertFile
// and KeyFile are empty or both are set; so is at most one of the secrets.
type TLS struct {
	// Watchdog is true for auto: the program always can watch files.
	Watchdog          bool   `key:"watchdog" was:"files-watchdog" type:"bool|auto" default:"auto" doc:"Read the certificate again when its file changes; auto is true."`
	CertFile          string `key:"cert-file" type:"rfile?" doc:"Certificate chain, PEM. Without it the resolver makes a self-signed one."`
	KeyFile           string `key:"key-file" type:"rfile?" doc:"Private key of the certificate, PEM."`
	SticketSecret     string `key:"sticket-secret" type:"estr32?" secret:"true" doc:"Secret that TLS session tickets are made from, at least 32 bytes. Without it the workers share a random one."`
	SticketSecretFile string `key:"sticket-secret-file" type:"rfile?" doc:"File with that secret. Not together with sticket-secret."`
	// Padding is the multiple of bytes that messages are padded to, 0 for no
	// padding, -1 for the engine's default scheme.
	Padding int `key:"padding" type:"bool|int 0..512" default:"true" doc:"Padding of encrypted answers (RFC 7830): true is the scheme of RFC 8467, false, 0 and 1 are none, another number pads to its multiples in bytes."`
}

// ProxyProtocol is from where PROXYv2 is understood.
type ProxyProtocol struct {
	Enable bool `key:"enable" type:"bool" default:"false" doc:"Understand PROXYv2; needs allow."`
	// Allow holds single addresses as networks of full length.
	Allow []netip.Prefix `key:"allow" type:"list<net>?" doc:"Addresses and networks of the proxies."`
}

// QUIC is the limits of DNS over QUIC.
type QUIC struct {
	MaxConns     int  `key:"max-conns" type:"int 1..4096" default:"1024" doc:"Connections of one worker."`
	MaxStreams   int  `key:"max-streams" type:"int 1..4096" default:"1024" doc:"Streams of one connection."`
	RequireRetry bool `key:"require-retry" type:"bool" default:"false" doc:"Have every client prove its address first (RFC 9000 section 8.1.2)."`
}

// Listen is one group of addresses served with one protocol.
type Listen struct {
	Interface []Interface `key:"interface" type:"one-or-list<if-opt-port>?" doc:"IP address or name of a network interface, each with an optional @port. Every entry needs one."`
	// UnixSocket is empty; the model of Knot Resolver has the key.
	UnixSocket []string `key:"unix-socket" type:"one-or-list<socket>?" doc:"Refused: the resolver does not answer DNS on unix sockets, whatever the kind."`
	_          uint16   `key:"port" type:"port?" derived:"53 for dns and xdp, 853 for dot and doq, 443 for doh2 and doh-legacy, 80 for doh2-insecure" doc:"Port of all addresses of this entry; not together with @port."`
	// Kind is "dns" (UDP and TCP), "xdp", "dot" (DNS over TLS, RFC 7858),
	// "doh-legacy", "doh2" (DNS over HTTPS, RFC 8484), "doh2-insecure" or
	// "doq" (DNS over QUIC, RFC 9250).
	Kind     string `key:"kind" type:"enum dns xdp dot doh-legacy doh2 doh2-insecure doq" default:"dns" doc:"Protocol: dns is UDP and TCP, xdp is UDP past the kernel, see xdp.md, dot is DNS over TLS, doh2 is DNS over HTTPS, doh2-insecure the same without TLS, doh-legacy an older implementation of it in a module of its own, doq is DNS over QUIC."`
	Freebind bool   `key:"freebind" type:"bool" default:"false" doc:"Bind also to an address that the system does not have (yet)."`
}
