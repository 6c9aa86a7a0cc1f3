// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"time"
)

// This file is the one place where keys are declared. A field with the tags
//
//	key      name of the key in the configuration
//	type     grammar of its value (grammar.go lists them); "?" at the end
//	         allows null and absence, and the field then keeps its zero value
//	default  value of an absent key, written as YAML
//	derived  in place of default: words for a default that check computes
//	required "true": absence is an error
//	short    key of the object that a bare string stands for
//	later    enum words that Knot Resolver has and this version does not
//	doc      meaning, for the reference documentation and the JSON schema
//
// is a key; a struct without type is a section; a field named _ is a key whose
// value only feeds the check method of its struct. Fields hold plain resolved
// values: bytes, durations, addresses, absolute paths.

// Config is what a configuration means: complete, checked, in normal form.
// Two documents that mean the same give deeply equal values; the order of
// /local-data/addresses alone is that of the document.
type Config struct {
	Workers  int     `key:"workers" type:"int>=1|auto" default:"1" doc:"Number of resolver processes; auto means one for each CPU that may be used. More than ten for each CPU are refused."`
	Rundir   string  `key:"rundir" type:"wdir" default:"/run/knot-resolver" doc:"Working directory of all processes: sockets, rule database, lock."`
	Hostname string  `key:"hostname" type:"estr?" derived:"host name of the system" doc:"Name the resolver uses for itself."`
	NSID     *string `key:"nsid" type:"estr?" doc:"Text of the NSID option (RFC 5001); each worker appends its number. Without it the option is not answered."`

	Management Management `key:"management" doc:"The HTTP API of the manager."`
	Network    Network    `key:"network" doc:"Addresses and protocols the resolver serves."`
	LocalData  LocalData  `key:"local-data" doc:"Names answered from this configuration."`
	Forward    []Forward  `key:"forward" type:"list?" doc:"Parts of the name space that other servers resolve."`
	Cache      Cache      `key:"cache" doc:"The cache shared by all workers."`
	DNSSEC     DNSSEC     `key:"dnssec" doc:"Validation of answers."`
	Logging    Logging    `key:"logging" doc:"What the processes log."`
	Lua        Lua        `key:"lua" doc:"Lua of one's own."`
}

// Management is how the manager is reached.
type Management struct {
	// UnixSocket is an absolute path of at most 107 bytes.
	UnixSocket string `key:"unix-socket" type:"socket?" default:"/run/knot-resolver/kres-api.sock" doc:"Path of the API socket. The default holds while the section management is absent; a section that is present must name the socket."`
}

// Network is where the resolver answers.
type Network struct {
	Listen []Listen `key:"listen" type:"list" default:"[{interface: 127.0.0.1}, {interface: '::1', freebind: true}]" doc:"Where to answer. A list given here replaces the default as a whole."`
	TLS    TLS      `key:"tls" doc:"Certificate of the encrypted protocols."`
}

// Listen is one group of addresses served with one protocol.
type Listen struct {
	Interface []Interface `key:"interface" type:"one-or-list<if-opt-port>?" doc:"IP address or name of a network interface, each with an optional @port. Every entry needs one."`
	_         uint16      `key:"port" type:"port?" derived:"53 for dns, 853 for dot" doc:"Port of all addresses of this entry; not together with @port."`
	// Kind is "dns" (UDP and TCP) or "dot" (DNS over TLS, RFC 7858).
	Kind     string `key:"kind" type:"enum dns dot" later:"xdp doh-legacy doh2 doh2-insecure doq" default:"dns" doc:"Protocol: dns is UDP and TCP, dot is DNS over TLS."`
	Freebind bool   `key:"freebind" type:"bool" default:"false" doc:"Bind also to an address that the system does not have (yet)."`
}

// TLS names the certificate; both fields are empty or both are set.
type TLS struct {
	CertFile string `key:"cert-file" type:"rfile?" doc:"Certificate chain, PEM. Without it the resolver makes a self-signed one."`
	KeyFile  string `key:"key-file" type:"rfile?" doc:"Private key of the certificate, PEM."`
}

// LocalData is what is answered from the configuration.
type LocalData struct {
	// Addresses is in the order of the document. Names that differ only in
	// case or the final dot are one entry, with the addresses of all.
	Addresses []NameAddresses `key:"addresses" type:"map<domain,one-or-list<ip>>?" doc:"Addresses by name, one or a list; the reverse names are answered too."`
	// Records is zone-file text (RFC 1035 section 5), not checked here.
	Records string `key:"records" type:"estr?" doc:"Further records, as text of a zone file."`
}

// NameAddresses is one name and its addresses.
type NameAddresses struct {
	Name  string // as [Forward.Subtree]
	Addrs []netip.Addr
}

// Forward sends a part of the name space to other servers.
type Forward struct {
	// Subtree holds domain names in A-label form (RFC 5890), lower case and
	// without the final dot; the root is ".".
	Subtree []string       `key:"subtree" type:"one-or-list<domain>" required:"true" doc:"Name or names whose subtree is forwarded; . is everything."`
	Servers []Server       `key:"servers" type:"list" short:"address" required:"true" doc:"Servers to ask: addresses with an optional @port, or objects."`
	Options ForwardOptions `key:"options" doc:"How the servers are asked."`
}

// ForwardOptions is how the servers of one [Forward] are asked.
type ForwardOptions struct {
	Authoritative bool `key:"authoritative" type:"bool" default:"false" doc:"The servers are authoritative for the subtree; they must use port 53 and no TLS."`
	DNSSEC        bool `key:"dnssec" type:"bool" default:"true" doc:"Validate the answers."`
}

// Server is one server, or several that share the same settings.
type Server struct {
	Address []AddrPort `key:"address" type:"one-or-list<ip-opt-port>" required:"true" doc:"IP address, with an optional @port; the default port is 53, with TLS 853."`
	// Transport is "" for plain DNS or "tls".
	Transport string   `key:"transport" type:"enum tls?" doc:"tls asks over TLS; hostname or pin-sha256 must then authenticate the server."`
	PinSHA256 []string `key:"pin-sha256" type:"one-or-list<pin>?" doc:"Accepted public keys: SHA-256 of each in base64. Not together with hostname or ca-file."`
	Hostname  string   `key:"hostname" type:"domain?" doc:"Name that the server's certificate must carry."`
	CAFile    string   `key:"ca-file" type:"rfile?" doc:"CA certificates to trust, PEM, in place of the system's; needs hostname."`
}

// Cache is the cache that all workers share.
type Cache struct {
	Storage string `key:"storage" type:"wdir" default:"/var/cache/knot-resolver" doc:"Directory of the cache."`
	// SizeMax is in bytes.
	SizeMax          int64 `key:"size-max" type:"size" default:"100M" doc:"Size of the cache."`
	GarbageCollector GC    `key:"garbage-collector" doc:"The process that frees space in the cache."`
}

// GC is how the cache garbage collector works.
type GC struct {
	Enable    bool          `key:"enable" type:"bool" default:"true" doc:"Run the process."`
	Interval  time.Duration `key:"interval" type:"time" default:"1s" doc:"Time between two looks at the cache; whole milliseconds count."`
	Threshold int           `key:"threshold" type:"int 0..100" default:"80" doc:"Usage of the cache that starts a run, percent."`
	Release   int           `key:"release" type:"int 0..100" default:"10" doc:"Share of the cache that a run frees, percent."`
	// TempKeysSpace is in bytes; 0 is unlimited.
	TempKeysSpace int64         `key:"temp-keys-space" type:"size" default:"0M" doc:"Memory for keys during a run; whole MiB count, 0 is no limit."`
	RWDeletes     int           `key:"rw-deletes" type:"int>=0" default:"100" doc:"Deleted records in one transaction; 0 is no limit."`
	RWReads       int           `key:"rw-reads" type:"int>=0" default:"200" doc:"Read records in one transaction; 0 is no limit."`
	RWDuration    time.Duration `key:"rw-duration" type:"time" default:"0us" doc:"Longest time of one transaction; 0 is no limit."`
	RWDelay       time.Duration `key:"rw-delay" type:"time" default:"0us" doc:"Pause between two transactions."`
	DryRun        bool          `key:"dry-run" type:"bool" default:"false" doc:"Only report what would be freed."`
}

// DNSSEC is how answers are validated.
type DNSSEC struct {
	Enable      bool `key:"enable" type:"bool" default:"true" doc:"Validate answers; false also leaves the rest of this section without effect."`
	LogBogus    bool `key:"log-bogus" type:"bool" default:"false" doc:"Log answers that fail validation."`
	Sentinel    bool `key:"sentinel" type:"bool" default:"true" doc:"Answer root key sentinel queries (RFC 8509)."`
	SignalQuery bool `key:"signal-query" type:"bool" default:"true" doc:"Tell the root servers which keys are trusted (RFC 8145 section 5)."`
	// TrustAnchors holds DS or DNSKEY records as zone-file text.
	TrustAnchors      []string           `key:"trust-anchors" type:"list<estr>?" doc:"Trust anchors: DS or DNSKEY records as in a zone file."`
	TrustAnchorsFiles []TrustAnchorsFile `key:"trust-anchors-files" type:"list?" doc:"Files with trust anchors."`
	// NegativeTrustAnchors is as [Forward.Subtree].
	NegativeTrustAnchors []string `key:"negative-trust-anchors" type:"list<domain>?" doc:"Names below which nothing is validated (RFC 7646)."`
}

// TrustAnchorsFile is one file with trust anchors.
type TrustAnchorsFile struct {
	File     string `key:"file" type:"rfile" required:"true" doc:"The file, records as in a zone file."`
	ReadOnly bool   `key:"read-only" type:"bool" default:"false" doc:"Do not follow key changes in the file (RFC 5011)."`
}

// Logging is how much is logged.
type Logging struct {
	// Level is "crit", "err", "warning", "notice", "info" or "debug".
	Level string `key:"level" type:"enum crit err warning notice info debug" default:"notice" doc:"Least severe messages that are logged."`
}

// Lua is Lua of the administrator's own.
type Lua struct {
	Script string `key:"script" type:"str?" doc:"Lua run by every worker after the rest of its configuration."`
}
