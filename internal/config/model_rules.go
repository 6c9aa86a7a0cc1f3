// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"time"
)

// View is what is special for some clients: it has either Tags or an Answer.
type View struct {
	Subnets []netip.Prefix `key:"subnets" type:"list<net>" required:"true" doc:"Networks of the clients."`
	// DstSubnet is nil for any.
	DstSubnet *netip.Prefix `key:"dst-subnet" type:"net?" doc:"Only for queries sent to an address of this network."`
	// Protocols holds "udp53", "tcp53", "dot", "doh" and "doq"; none is any.
	Protocols []string `key:"protocols" type:"list<enum udp53 tcp53 dot doh doq>?" doc:"Only for queries over these protocols."`
	Tags      []string `key:"tags" type:"list<tag-id>?" doc:"Tags of the rules in local-data that hold for these clients. Rules without tags hold for all."`
	// Answer is "allow", "refused" or "noanswer", "" if there are Tags.
	Answer  string      `key:"answer" type:"enum allow refused noanswer?" doc:"allow answers without any tagged rule, refused refuses, noanswer keeps silent."`
	Options ViewOptions `key:"options" doc:"What else is different for these clients."`
}

// ViewOptions is what else is different for the clients of a [View].
type ViewOptions struct {
	Minimize bool `key:"minimize" type:"bool" default:"true" doc:"false resolves their queries without QNAME minimisation."`
	DNS64    bool `key:"dns64" type:"bool" default:"true" doc:"false gives them no DNS64."`
	// PriceFactor is from 0 to 65535.
	PriceFactor float64 `key:"price-factor" type:"factor" default:"1.0" doc:"What their queries cost in rate-limiting and defer, as a factor; 0 exempts them."`
	Fallback    bool    `key:"fallback" type:"bool" default:"true" doc:"false gives them no fallback servers."`
}

// LocalData is what is answered from the configuration.
type LocalData struct {
	// TTL is nil for the engine's default.
	TTL    *time.Duration `key:"ttl" type:"time?" doc:"Lifetime of the records; whole seconds count, and less than one is refused unless it is 0s. Without it, 300 s."`
	Nodata bool           `key:"nodata" type:"bool" default:"true" doc:"Names that are given here have no records of other types; false asks other servers for them."`
	// Addresses is in the order of the document. Names that differ only in
	// case or the final dot are one entry, with the addresses of all.
	Addresses      Entries[NameAddresses] `key:"addresses" type:"map<domain,one-or-list<ip>>?" doc:"Addresses by name, one or a list; the reverse names are answered too."`
	AddressesFiles []string               `key:"addresses-files" type:"list<rfile>?" doc:"Files with names and addresses, in the form of /etc/hosts."`
	// Records is zone-file text (RFC 1035 section 5), not checked here.
	Records string `key:"records" type:"estr?" doc:"Further records, as text of a zone file."`
	Rules   []Rule `key:"rules" type:"list?" doc:"Rules that may hold for some clients only."`
	RPZ     []RPZ  `key:"rpz" type:"list?" doc:"Response policy zones."`
}

// NameAddresses is one name and its addresses.
type NameAddresses struct {
	Name  string // as [Forward.Subtree]
	Addrs []netip.Addr
}

// Rule is one rule of [LocalData]. Exactly one of Name, File and Records is
// set; with Name also Address, Subtree, or both.
type Rule struct {
	// Name is as [Forward.Subtree].
	Name []string `key:"name" type:"one-or-list<domain>?" doc:"Name or names that the rule is about."`
	// Subtree is "", "empty", "nxdomain" or "redirect".
	Subtree string       `key:"subtree" type:"enum empty nxdomain redirect?" doc:"What is at and below the names: empty is nothing below, nxdomain nothing at all, redirect answers below as at the name."`
	Address []netip.Addr `key:"address" type:"one-or-list<ip>?" doc:"Address or addresses of the names."`
	File    []string     `key:"file" type:"one-or-list<rfile>?" doc:"File or files with names and addresses, in the form of /etc/hosts."`
	// Records is as [LocalData.Records].
	Records string   `key:"records" type:"estr?" doc:"Records, as text of a zone file."`
	Tags    []string `key:"tags" type:"list<tag-id>?" doc:"The rule holds for clients whose view has one of these tags. Without tags it holds for all."`
	// TTL is that of LocalData if the rule has none of its own.
	TTL    *time.Duration `key:"ttl" type:"time?" derived:"/local-data/ttl" doc:"Lifetime of the records, in place of that of the section."`
	Nodata bool           `key:"nodata" type:"bool?" derived:"/local-data/nodata" doc:"The names have no records of other types."`
}

// RPZ is one response policy zone.
type RPZ struct {
	File string `key:"file" type:"rfile" required:"true" doc:"Zone file of the zone."`
	// Watchdog is as [TLS.Watchdog].
	Watchdog bool     `key:"watchdog" type:"bool|auto" default:"auto" doc:"Load the zone again when its file changes; auto is true."`
	Tags     []string `key:"tags" type:"list<tag-id>?" doc:"Tags, with the meaning of those of a rule."`
	// Log holds "ip" and "name".
	Log []string `key:"log" type:"list<enum ip name>?" doc:"What to log when a query meets the zone: address of the client, name."`
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

// Fallback is servers to ask when resolving fails.
type Fallback struct {
	Enable  bool     `key:"enable" type:"bool" default:"false" doc:"Ask them; needs servers."`
	Servers []Server `key:"servers" type:"list?" short:"address" doc:"Servers to ask: addresses with an optional @port, or objects."`
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
