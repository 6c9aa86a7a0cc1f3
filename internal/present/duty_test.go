// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/lookup"
	"kresd-manager/internal/top"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

func TestTopFitsIntoATerminal(t *testing.T) {
	row := top.Row{Unit: "kresd@9999.service", State: "active", Queries: 123456, NoError: 60, NoData: 40, NXDomain: 100, ServFail: 99.9,
		P50: 0.5, P95: 123.4, P99: 1500, Hits: 100, CPU: 100, Memory: 9999 << 20}
	all := row
	all.Unit = ""
	var b strings.Builder
	if err := Top(&b, top.Figures{All: all, Workers: []top.Row{row, {Unit: "kresd@2.service", State: "failed", Queries: top.Unknown, NoError: top.Unknown,
		NXDomain: top.Unknown, ServFail: top.Unknown, P50: top.Unknown, P95: top.Unknown, P99: top.Unknown, Hits: top.Unknown, CPU: top.Unknown}}, CacheUsage: 12.3, CacheEntries: 7}); err != nil {
		t.Fatal(err)
	}
	want := `123456 queries/s, cache 12.3 % full, 7 entries
                   q/s   ok%   nx% fail%    p50    p95    p99  hit%  cpu%   mem
kresd@9999      123456   100   100  99.9  0.5ms  123ms   1.5s   100   100 9999M
kresd@2 failed       -     -     -     -      -      -      -     -     -     -
all             123456   100   100  99.9  0.5ms  123ms   1.5s   100   100 9999M
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestTraceTellsAllThatHappened(t *testing.T) {
	ms := func(n int) *units.Seconds {
		s := units.Seconds(n) * units.Seconds(time.Millisecond)
		return &s
	}
	ttl := 59
	trace := units.Trace{
		Unit: "kresd@1.service", Name: "www.example", Type: "A", From: "192.0.2.9", RCode: "SERVFAIL", Took: *ms(2012), Cut: true,
		Error: &units.ExtendedError{Code: 6, Meaning: "DNSSEC bogus", Text: "x"},
		Events: []units.TraceEvent{
			{Kind: units.TraceView, Detail: "policy.REFUSE"},
			{Kind: units.TracePolicy, Detail: "REFUSE applied"},
			{Kind: units.TraceRule, Detail: "satisfied by local data"},
			{Kind: units.TraceResolve, Name: "ns.example.", Type: "AAAA"},
			{Kind: units.TraceCacheHit, TTL: &ttl, Detail: "a wildcard"},
			{Kind: units.TraceMiss},
			{At: *ms(1), Kind: units.TraceAsk, Address: "192.0.2.53:53", Server: "ns.example.", Zone: "example.", Name: "www.example.", Type: "A", Protocol: "udp"},
			{At: *ms(4), Kind: units.TraceReply, Address: "192.0.2.53:53", RTT: ms(3), Detail: "NOERROR"},
			{At: *ms(2004), Kind: units.TraceFault, Address: "192.0.2.54:53", Detail: "no answer in time"},
			{Kind: units.TraceReferral}, {Kind: units.TraceAlias}, {Kind: units.TraceRetry, Detail: "over TCP"}, {Kind: units.TraceStore},
			{Kind: units.TraceSecure, Detail: "the answer"}, {Kind: units.TraceInsecure, Detail: "the zone is not signed"},
			{Kind: units.TraceBogus, Detail: "couldn't validate RRSIGs"}, {Kind: units.TraceFailed, Detail: "it took too long"}, {Kind: "new\x1b"},
		},
		Lines: []units.TraceLine{{At: *ms(1), Text: "[x] y\x1b[2J\n"}},
	}
	var b strings.Builder
	if err := Trace(&b, trace, true); err != nil {
		t.Fatal(err)
	}
	want := `www.example. A: SERVFAIL in 2012 ms, bogus
through kresd@1.service, as client 192.0.2.9
   0 ms  view for this client: policy.REFUSE
   0 ms  policy: REFUSE applied
   0 ms  local data: satisfied by local data
   0 ms  looks for ns.example. AAAA
   0 ms  in the cache for 59 s more: a wildcard
   0 ms  not in the cache
   1 ms  asks 192.0.2.53:53 (ns.example.) over UDP for www.example. A
   4 ms  192.0.2.53:53 answers NOERROR after 3 ms
2004 ms  192.0.2.54:53: no answer in time
   0 ms  the answer names the servers of the zone below
   0 ms  the answer is an alias (CNAME)
   0 ms  asks again: over TCP
   0 ms  kept in the cache
   0 ms  validated: the answer
   0 ms  not signed: the zone is not signed
   0 ms  bogus: couldn't validate RRSIGs
   0 ms  gives up: it took too long
   0 ms  new\u001b
why: DNSSEC bogus (EDE 6, x)
more was said than is kept

what kresd says:
   1 ms  [x] y\u001b[2J
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestVersionsThatDiffer(t *testing.T) {
	var b strings.Builder
	if err := Versions(&b, "1.0", units.Versions{Manager: "1.1", Workers: map[string]string{
		"kresd@1.service": "6.5.0", "kresd@2.service": "6.6.0", "kresd@3.service": "6.5.0"}}); err != nil {
		t.Fatal(err)
	}
	want := `kresctl        1.0
kresd-manager  1.1
kresd          6.5.0 (kresd@1.service, kresd@3.service)
kresd          6.6.0 (kresd@2.service)
systemd        unknown
to have all workers run the version that is installed: kresctl restart
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestNothingInAnAnswerSteersTheTerminal(t *testing.T) {
	const nasty = "a\x1b[2J\u202e"
	var b strings.Builder
	err := Query(&b, lookup.Answer{Name: nasty, Answer: []string{nasty}, Errors: []units.ExtendedError{{Text: nasty}}})
	if err == nil {
		err = Query(&b, lookup.Answer{Authority: []string{nasty}})
	}
	if err == nil {
		err = Trace(&b, units.Trace{Name: nasty, Answer: []string{nasty}, Error: &units.ExtendedError{Text: nasty}, RCode: nasty}, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(b.String(), func(r rune) bool { return r != '\n' && visible.Hidden(r) }) {
		t.Errorf("%q", b.String())
	}
}
