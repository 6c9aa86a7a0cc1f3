// SPDX-License-Identifier: Apache-2.0

package config

import "time"

// Cache is the cache that all workers share.
type Cache struct {
	Storage string `key:"storage" type:"wdir" default:"/var/cache/knot-resolver" doc:"Directory of the cache."`
	// SizeMax is in bytes.
	SizeMax          int64 `key:"size-max" type:"size" default:"100M" doc:"Size of the cache."`
	GarbageCollector GC    `key:"garbage-collector" doc:"The process that frees space in the cache."`
	// TTLMin and TTLMax are in whole seconds.
	TTLMin time.Duration `key:"ttl-min" type:"time" default:"5s" doc:"Shortest lifetime of a record in the cache; whole seconds count."`
	TTLMax time.Duration `key:"ttl-max" type:"time" default:"1d" doc:"Longest lifetime of a record in the cache; whole seconds count, and it is at least 1s."`
	// NSTimeout is in whole milliseconds.
	NSTimeout time.Duration `key:"ns-timeout" type:"time" default:"1000ms" doc:"How long a server that did not answer is left alone; whole milliseconds count, and it is at least 1ms."`
	Prefill   []Prefill     `key:"prefill" type:"list?" doc:"Zones that are put into the cache as a whole."`
	Prefetch  Prefetch      `key:"prefetch" doc:"Records that are asked for before a client asks."`
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

// Prefill is one zone that is put into the cache.
type Prefill struct {
	// Origin is ".".
	Origin string `key:"origin" type:"domain" required:"true" doc:"Name of the zone; only the root, ., is possible."`
	// URL is absolute, with the scheme https.
	URL             string        `key:"url" type:"estr" required:"true" doc:"Where the zone is fetched from, https:// and more."`
	RefreshInterval time.Duration `key:"refresh-interval" type:"time" default:"1d" doc:"Time between two fetches, at least 1h; whole seconds count."`
	CAFile          string        `key:"ca-file" type:"rfile?" doc:"CA certificates to trust, PEM, in place of the system's."`
}

// Prefetch is what is asked for before a client does.
type Prefetch struct {
	Expiring   bool       `key:"expiring" type:"bool" default:"false" doc:"Ask again for records that are in use and soon expire."`
	Prediction Prediction `key:"prediction" was:"/cache/prediction" doc:"Ask for what was asked for at the same time in earlier periods."`
}

// Prediction is how queries are foreseen.
type Prediction struct {
	Enable bool `key:"enable" type:"bool" default:"false" doc:"Predict queries."`
	// Window is in whole minutes.
	Window time.Duration `key:"window" type:"time" default:"15m" doc:"Length of one sample of queries; whole minutes count."`
	Period int           `key:"period" type:"int>=1" default:"24" doc:"Number of windows after which queries are expected to come again."`
}

// DNSSEC is how answers are validated.
type DNSSEC struct {
	Enable      bool `key:"enable" type:"bool" default:"true" doc:"Validate answers; false also leaves the rest of this section without effect."`
	LogBogus    bool `key:"log-bogus" was:"/logging/dnssec-bogus" type:"bool" default:"false" doc:"Log answers that fail validation."`
	Sentinel    bool `key:"sentinel" was:"trust-anchor-sentinel" type:"bool" default:"true" doc:"Answer root key sentinel queries (RFC 8509)."`
	SignalQuery bool `key:"signal-query" was:"trust-anchor-signal-query" type:"bool" default:"true" doc:"Tell the root servers which keys are trusted (RFC 8145 section 5)."`
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
