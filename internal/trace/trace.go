// SPDX-License-Identifier: Apache-2.0

// Package trace translates what kresd says of one request, at level debug, into what
// happened to it. How to come by these lines is for package kresd.
package trace

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"kresd-manager/units"
)

// meaning is a kind of line: what it looks like, and what it tells.
type meaning struct {
	line *regexp.Regexp
	tell func(r *reader, m []string)
}

// reader goes through the lines of a request, in order.
type reader struct {
	events []units.TraceEvent
	at     units.Seconds
	name   string // what is looked for, and its type
	rrtype string
	asked  *units.TraceEvent // the last question to a server that has no reply yet
	missed bool              // the cache does not have it
	unfit  string            // why
	source bool              // where the answer is from is known: cache, rules or a server
	plain  bool              // that the zone is not signed is said
}

// Events translates the lines of a request, which are those of kresd 6. What another
// version says otherwise is passed over. It is safe for concurrent use.
func Events(lines []units.TraceLine) []units.TraceEvent {
	r := &reader{events: []units.TraceEvent{}}
	for _, l := range lines {
		r.at = l.At
		text := strings.TrimSpace(l.Text)
		for _, m := range meanings() {
			if found := m.line.FindStringSubmatch(text); found != nil {
				m.tell(r, found)
				break
			}
		}
	}
	r.replied("")
	return r.events
}

// last is the kind of the last event, "" before the first.
func (r *reader) last() units.TraceKind {
	if len(r.events) == 0 {
		return ""
	}
	return r.events[len(r.events)-1].Kind
}

func (r *reader) add(e units.TraceEvent) *units.TraceEvent {
	r.replied("")
	e.At = r.at
	r.events = append(r.events, e)
	return &r.events[len(r.events)-1]
}

// replied says that the server that was asked has answered. Where the answer is passed
// on as it is, kresd tells of its time only.
func (r *reader) replied(rcode string) {
	asked := r.asked
	if asked == nil || rcode == "" && asked.RTT == nil {
		return
	}
	r.asked = nil
	r.events = append(r.events, units.TraceEvent{
		At: r.at, Kind: units.TraceReply, Server: asked.Server, Address: asked.Address, RTT: asked.RTT, Detail: rcode,
	})
}

// detail is an event that says no more than its kind and some words.
func detail(kind units.TraceKind, words string) func(*reader, []string) {
	return func(r *reader, _ []string) { r.add(units.TraceEvent{Kind: kind, Detail: words}) }
}

// about has in place of words what stands in parentheses in the line.
func about(kind units.TraceKind) func(*reader, []string) {
	return func(r *reader, m []string) { r.add(units.TraceEvent{Kind: kind, Detail: strings.TrimSpace(m[1])}) }
}

// faults say in words what kresd calls the ways in which a server does not do.
var faults = map[string]string{
	"QUERY_TIMEOUT": "no answer in time", "TLS_HANDSHAKE_FAILED": "no TLS", "TCP_CONNECT_FAILED": "no connection over TCP",
	"TCP_CONNECT_TIMEOUT": "no connection over TCP in time", "REFUSED": "refuses", "SERVFAIL": "fails (SERVFAIL)",
	"FORMERR": "does not understand (FORMERR)", "NOTIMPL": "cannot do that (NOTIMP)", "OTHER_RCODE": "answers with an unusual code",
	"MALFORMED": "the answer is malformed", "MISMATCHED": "the answer is to another question", "TRUNCATED": "the answer is too long for UDP",
	"DNSSEC_ERROR": "the answer does not pass DNSSEC", "LAME_DELEGATION": "is not responsible for the zone", "BAD_CNAME": "the alias is bad",
}

// proofs say in words what kresd says of an answer that it does not believe.
var proofs = map[string]string{
	"bad NODATA proof":                "nothing proves that there are no such records (NODATA)",
	"bad NXDOMAIN proof":              "nothing proves that the name does not exist (NXDOMAIN)",
	"bogus proof of DS non-existence": "nothing proves that the zone is not signed (DS)",
	"bad keys, broken trust chain":    "no key of the zone fits its DS record",
	"couldn't validate RRSIGs":        "no signature is valid",
	"continuous revalidation, fails":  "no signature is valid",
	"no DNSKEY, can't validate":       "the zone has no key (DNSKEY)",
	"can't validate referral":         "the delegation cannot be validated",
}

// reasons are what kresd counts signatures by, and what it means if there is one.
var reasons = []struct{ count, means string }{
	{"expired", "the signature has expired"},
	{"not yet valid", "the signature is not valid yet"},
	{"invalid signer", "the signature is of another zone"},
	{"invalid label count", "the signature is of another name"},
	{"invalid key", "the signature is by a key that the zone does not have"},
	{"invalid crypto", "the signature does not fit the records"},
	{"invalid NSEC", "nothing proves that the wildcard applies"},
}

// signatures is why records, as "www.example. A", do not pass, by the counts of their
// signatures, as "1 matching RRSIGs, 1 expired, 0 not yet valid".
func signatures(fault, records, counts string) string {
	some := make(map[string]bool)
	for part := range strings.SplitSeq(counts, ", ") {
		n, what, _ := strings.Cut(part, " ")
		some[what] = n != "0"
	}
	var why []string
	for _, reason := range reasons {
		if some[reason.count] {
			why = append(why, reason.means)
		}
	}
	switch {
	case why != nil:
		return records + ": " + strings.Join(why, ", ")
	case fault == "bogus key":
		return records + ": no key fits the DS record of the zone"
	case !some["matching RRSIGs"]:
		return records + ": the signature is missing"
	}
	return records + ": no signature is valid"
}

// The low bits of a rank tell what validation has found, the other two whether the
// zone itself says so and whether it is validated (enum kr_rank of lib/resolve.h).
const (
	rankAuth     = 0o20
	rankInsecure = 0o10
)

// ranked looks at the rank of records or of an answer, in octal digits.
func (r *reader) ranked(rank string) {
	n, err := strconv.ParseUint(rank, 8, 8)
	if err != nil || n&^rankAuth != rankInsecure || r.plain {
		return
	}
	r.plain = true
	r.add(units.TraceEvent{Kind: units.TraceInsecure, Detail: "the zone above has no DS record of this one"})
}

// meanings are in the order in which they are tried. Nothing but a trace needs them.
var meanings = sync.OnceValue(func() []meaning {
	var all []meaning
	add := func(line string, tell func(*reader, []string)) {
		all = append(all, meaning{regexp.MustCompile(line), tell})
	}
	server := func(verb string) string { return `=> id: '\d+' ` + verb + `: '([^']*)'@'([^']*)' zone cut: '([^']*)'` }

	add(`^\[iterat\].*\] +'(.*)' type '([^']*)' new uid was assigned`, func(r *reader, m []string) {
		r.replied("")
		r.source, r.asked = false, nil
		if m[1] != r.name || m[2] != r.rrtype {
			if r.name != "" {
				r.add(units.TraceEvent{Kind: units.TraceResolve, Name: m[1], Type: m[2]})
			}
			r.name, r.rrtype, r.missed, r.unfit, r.plain = m[1], m[2], false, "", false
		}
	})
	add(`=> view selected action: (.*)$`, about(units.TraceView))
	add(`^\[policy\].*\] +(.*)$`, about(units.TracePolicy))
	add(`^\[rules *\].*=> (satisfied by local data.*|redirecting by local data|local data.*)$`, func(r *reader, m []string) {
		r.source = true
		r.add(units.TraceEvent{Kind: units.TraceRule, Detail: strings.TrimSpace(m[1])})
	})

	hit := func(what string) func(*reader, []string) {
		return func(r *reader, m []string) {
			ttl, _ := strconv.Atoi(m[1])
			r.source = true
			r.add(units.TraceEvent{Kind: units.TraceCacheHit, TTL: &ttl, Detail: what})
		}
	}
	add(`=> satisfied by exact .*rank (\d+), new TTL (-?\d+)`, func(r *reader, m []string) {
		hit("")(r, m[1:])
		r.ranked(m[1])
	})
	add(`=> satisfied by DNAME\+CNAME.*new TTL (-?\d+)`, hit("a redirection of the zone above"))
	add(`=> NSEC3? (?:sname|wildcard|encloser): (?:match proved NODATA|covered by).*new TTL (-?\d+)`, hit("a proof of absence"))
	add(`=> wildcard: answer expanded.*new TTL (-?\d+)`, hit("a wildcard"))
	add(`=> skipping exact `, func(r *reader, _ []string) { r.unfit = "what it has is not validated or has expired" })

	add(server("querying")+` qname: '(.*)' qtype: '([^']*)' proto: '([^']*)'`, func(r *reader, m []string) {
		if !r.missed { // nothing says so where the cache has nothing at all
			r.add(units.TraceEvent{Kind: units.TraceMiss, Detail: r.unfit})
			r.missed = true
		}
		e := r.add(units.TraceEvent{
			Kind: units.TraceAsk, Server: m[1], Address: address(m[2]), Zone: m[3],
			Name: strings.ToLower(m[4]), Type: m[5], Protocol: m[6],
		})
		r.source, r.asked = true, &units.TraceEvent{Server: e.Server, Address: e.Address}
	})
	add(server("updating")+` with rtt (\d+) `, func(r *reader, m []string) {
		n, _ := strconv.Atoi(m[4])
		rtt := units.Seconds(n) * units.Seconds(time.Millisecond)
		r.asked = &units.TraceEvent{Server: m[1], Address: address(m[2]), RTT: &rtt}
	})
	add(server("noting selection error")+` error: \d+ (\S+)`, func(r *reader, m []string) {
		words := faults[m[4]]
		if words == "" {
			words = m[4]
		}
		r.asked = nil
		if m[4] == "DNSSEC_ERROR" && r.last() == units.TraceBogus {
			return // of the reply just before, and why is said
		}
		r.add(units.TraceEvent{Kind: units.TraceFault, Server: m[1], Address: address(m[2]), Detail: words})
	})
	add(`<= rcode: (\S+)`, func(r *reader, m []string) {
		switch {
		case r.asked != nil:
			r.replied(m[1])
		case !r.source: // nothing else says that the name itself is among the local data
			r.source = true
			r.add(units.TraceEvent{Kind: units.TraceRule})
		}
	})
	add(`<= referral response, follow`, detail(units.TraceReferral, ""))
	add(`<= cname chain, following`, detail(units.TraceAlias, ""))
	add(`<= (truncated response, failover to TCP)`, detail(units.TraceRetry, "over TCP, since the answer is too long for UDP"))
	add(`<= retrying with non-minimized name`, detail(units.TraceRetry, "with the whole name"))
	add(`<= (?:error: CNAME chain|cname chain loop)`, detail(units.TraceFailed, "the chain of aliases is too long or goes round"))
	add(`=> stashed (?:packet:|\S+ \S+,) rank (\d+)`, func(r *reader, m []string) {
		r.ranked(m[1])
		if r.last() != units.TraceStore { // once, however many sets of records
			r.add(units.TraceEvent{Kind: units.TraceStore})
		}
	})

	add(`<= DS: OK`, detail(units.TraceSecure, "the DS record of the zone"))
	add(`<= (?:DS doesn't exist|got insecure response|cached insecure response)|=> (?:NS is provably without DS)`, detail(units.TraceInsecure, "the zone is not signed"))
	add(`=> going insecure because (?:there's no covering TA|parent query is insecure)|<= can't prove (?:NODATA|NXDOMAIN) due to optout`,
		detail(units.TraceInsecure, "no trust anchor covers the zone"))
	add(`<= DNSSEC downgraded`, detail(units.TraceInsecure, "its proofs cost too much to check"))
	add(`^\[valdtr\].*>< (bogus key|bogus signatures|no valid RRSIGs found): (.*) \((\d+ matching RRSIGs.*)\)`, func(r *reader, m []string) {
		r.add(units.TraceEvent{Kind: units.TraceBogus, Detail: signatures(m[1], m[2], m[3])})
	})
	add(`^\[valdtr\].*<= (bad NODATA proof|bad NXDOMAIN proof|bad keys, broken trust chain|bogus proof of DS non-existence|`+
		`can't validate referral|continuous revalidation, fails|couldn't validate RRSIGs|no DNSKEY, can't validate)`, func(r *reader, m []string) {
		if r.last() != units.TraceBogus { // what is said before is more exact
			r.add(units.TraceEvent{Kind: units.TraceBogus, Detail: strings.TrimPrefix(r.name+" "+r.rrtype+": "+cmp.Or(proofs[m[1]], m[1]), " : ")})
		}
	})
	add(`=> id: '\d+' no suitable transport`, detail(units.TraceFailed, "no server of the zone is left to ask"))
	add(`=> too many failures in a row`, detail(units.TraceFailed, "too many failures in a row"))
	add(`=> unresolvable NS address`, detail(units.TraceFailed, "the servers of the zone have no address"))
	add(`internal timeout for resolving the request has expired`, detail(units.TraceFailed, "it took too long"))
	add(`AD: request classified as SECURE`, detail(units.TraceSecure, "the answer"))
	return all
})

// address writes 192.0.2.1#00053 as people do.
func address(s string) string {
	host, port, found := strings.Cut(s, "#")
	if !found {
		return s
	}
	port = strings.TrimLeft(port, "0")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}
