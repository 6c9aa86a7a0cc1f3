// SPDX-License-Identifier: Apache-2.0

package units

// TraceQuestion is a request that is to be followed through a worker.
type TraceQuestion struct {
	Name string // a domain name in normal form
	Type string // of records, in capital letters
	// From is the address of the client that the request is taken to come from, which
	// is what views go by; "" is the resolver itself.
	From string
	// Unit is the worker to ask, "" for any that answers.
	Unit string
}

// Trace is the way of one request through a worker.
type Trace struct {
	Unit string `json:"unit"`
	Name string `json:"name"`
	Type string `json:"type"`
	From string `json:"from,omitempty"`
	// RCode is the code of the answer, as "NOERROR"; "" if there was none.
	RCode string `json:"rcode,omitempty"`
	// Secure tells that DNSSEC has validated all of the answer.
	Secure bool `json:"secure"`
	// Error is the extended error (RFC 8914) that clients get, nil without one.
	Error *ExtendedError `json:"extended-error,omitempty"`
	// Answer are the records of the answer, each as a line of a zone file.
	Answer []string `json:"answer"`
	// Took is the time from the request to its answer.
	Took Seconds `json:"took"`
	// Events are what happened, in order, as far as it is understood.
	Events []TraceEvent `json:"events"`
	// Lines are what the daemon itself says.
	Lines []TraceLine `json:"lines"`
	// Cut tells that more was said than is kept.
	Cut bool `json:"cut,omitempty"`
}

// TraceLine is a message of the daemon.
type TraceLine struct {
	At   Seconds `json:"at"` // since the request began
	Text string  `json:"text"`
}

// TraceKind is what happened to a request. The set is closed; its text is stable.
type TraceKind string

// Kinds of events.
const (
	TraceView     TraceKind = "view"       // a view has an action for the client: Detail
	TracePolicy   TraceKind = "policy"     // a policy acted: Detail
	TraceRule     TraceKind = "rule"       // local data answer, as Detail says
	TraceResolve  TraceKind = "resolve"    // a further Name and Type is to be found
	TraceCacheHit TraceKind = "cache-hit"  // the cache has it, for TTL seconds: Detail
	TraceMiss     TraceKind = "cache-miss" // what the cache has does not do: Detail
	TraceAsk      TraceKind = "ask"        // a server is asked: Server, Address, Zone, Name, Type, Protocol
	TraceReply    TraceKind = "reply"      // that server answered after RTT: Detail is the code
	TraceFault    TraceKind = "fault"      // that server did not, or not well: Detail
	TraceReferral TraceKind = "referral"   // the answer names other servers
	TraceAlias    TraceKind = "alias"      // the answer is an alias, which is followed
	TraceRetry    TraceKind = "retry"      // it is tried otherwise: Detail
	TraceStore    TraceKind = "store"      // the cache keeps an answer
	TraceSecure   TraceKind = "secure"     // DNSSEC has validated it: Detail
	TraceInsecure TraceKind = "insecure"   // the zone is not signed: Detail
	TraceBogus    TraceKind = "bogus"      // DNSSEC refuses it: Detail
	TraceFailed   TraceKind = "failed"     // there is no way on: Detail
)

// TraceEvent is something that happened to a request.
type TraceEvent struct {
	At       Seconds   `json:"at"` // since the request began
	Kind     TraceKind `json:"kind"`
	Name     string    `json:"name,omitempty"`
	Type     string    `json:"type,omitempty"`
	Server   string    `json:"server,omitempty"`
	Address  string    `json:"address,omitempty"` // with port, as "192.0.2.1:53"
	Zone     string    `json:"zone,omitempty"`
	Protocol string    `json:"protocol,omitempty"`
	RTT      *Seconds  `json:"rtt,omitempty"`
	TTL      *int      `json:"ttl,omitempty"` // seconds
	Detail   string    `json:"detail,omitempty"`
}

// ExtendedError is why a resolver answers as it does (RFC 8914).
type ExtendedError struct {
	Code    int    `json:"code"`
	Meaning string `json:"meaning"`
	Text    string `json:"text,omitempty"` // of the daemon, may be a mark for its developers
}
