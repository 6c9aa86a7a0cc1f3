// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"time"
)

// Options is how names are resolved.
type Options struct {
	// GlueChecking is "normal", "strict" or "permissive".
	GlueChecking           string `key:"glue-checking" type:"enum normal strict permissive" default:"normal" doc:"Which glue is believed: strict only what is indispensable, normal also what is in bailiwick, permissive any."`
	Minimize               bool   `key:"minimize" type:"bool" default:"true" doc:"Tell servers only as much of a name as they need (RFC 9156)."`
	QueryLoopback          bool   `key:"query-loopback" type:"bool" default:"false" doc:"Ask servers on loopback addresses too."`
	ReorderRRSet           bool   `key:"reorder-rrset" type:"bool" default:"true" doc:"Vary the order of records in answers."`
	QueryCaseRandomization bool   `key:"query-case-randomization" type:"bool" default:"true" doc:"Vary upper and lower case in queries, against forged answers."`
	Priming                bool   `key:"priming" type:"bool" default:"true" doc:"Learn the root servers from the root (RFC 9609)."`
	RebindingProtection    bool   `key:"rebinding-protection" type:"bool" default:"false" doc:"Keep private addresses out of answers from other servers."`
	RefuseNoRD             bool   `key:"refuse-no-rd" type:"bool" default:"true" doc:"Refuse queries that do not ask for recursion."`
	TimeJumpDetection      bool   `key:"time-jump-detection" type:"bool" default:"true" doc:"Clear the cache when the clock was set back."`
	ViolatorsWorkarounds   bool   `key:"violators-workarounds" type:"bool" default:"false" doc:"Resolve some zones that are known to break the rules."`
	ServeStale             bool   `key:"serve-stale" type:"bool" default:"false" doc:"Answer from expired records when servers cannot be reached (RFC 8767)."`
}

// DNS64 is how addresses are made for clients that have only IPv6.
type DNS64 struct {
	Enable bool `key:"enable" type:"bool" default:"false" doc:"Make addresses."`
	// Prefix has a length of 96.
	Prefix netip.Prefix `key:"prefix" type:"net6/96" default:"'64:ff9b::/96'" doc:"Prefix that IPv4 addresses are put behind; its length is 96."`
	// ReverseTTL is in whole seconds; nil is the engine's default.
	ReverseTTL     *time.Duration `key:"reverse-ttl" was:"rev-ttl rev_ttl" type:"time?" doc:"Lifetime of reverse names that are made; whole seconds count. Without it, 60 s."`
	ExcludeSubnets []netip.Prefix `key:"exclude-subnets" was:"exclude" type:"list<net6>?" doc:"IPv6 addresses that do not count as an answer. Without it, ::ffff:0:0/96."`
}

// RateLimiting bounds how many answers one client gets.
type RateLimiting struct {
	Enable bool `key:"enable" type:"bool" default:"false" doc:"Limit answers; needs rate-limit."`
	// RateLimit is in queries per second, 0 if it is not set.
	RateLimit    int           `key:"rate-limit" type:"int>=1?" doc:"Queries per second that one client may send."`
	InstantLimit int           `key:"instant-limit" type:"int>=1" default:"50" doc:"Queries that one client may send at once."`
	Capacity     int           `key:"capacity" type:"int>=1" default:"524288" doc:"Number of clients and networks that are kept track of."`
	Slip         int           `key:"slip" type:"int 0..32" default:"2" doc:"Every so many limited queries one is answered truncated, so that the client tries TCP; 0 is none."`
	LogPeriod    time.Duration `key:"log-period" type:"time" default:"0s" doc:"Least time between two messages about limited clients; whole milliseconds count, 0 logs nothing."`
	DryRun       bool          `key:"dry-run" type:"bool" default:"false" doc:"Only report what would be limited."`
}

// Defer is how requests wait for one another.
type Defer struct {
	Enable    bool          `key:"enable" was:"enabled" type:"bool" default:"true" doc:"Let cheap requests go first."`
	LogPeriod time.Duration `key:"log-period" type:"time" default:"0s" doc:"Least time between two messages about clients that cost much; whole milliseconds count, 0 logs nothing."`
}
