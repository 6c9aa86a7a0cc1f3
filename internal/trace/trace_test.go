// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// The lines are those of kresd 6.5.0, each after its milliseconds.
func TestEvents(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"from a server", `
0 [iterat][65538.00]   'www.example.' type 'A' new uid was assigned .01, parent uid .00
0 [cache ][65538.01]   => skipping unfit NS packet: rank 020, new TTL -9
0 [resolv][65538.01]   => id: '61917' querying: 'ns.'@'127.0.0.1#05300' zone cut: '.' qname: 'wWw.exAmple.' qtype: 'A' proto: 'udp'
3 [select][65538.01]   => id: '61917' updating: 'ns.'@'127.0.0.1#05300' zone cut: '.' with rtt 3 to srtt: 3 and variance: 2
3 [iterat][65538.01]   <= rcode: NOERROR
3 [cache ][65538.01]   => stashed www.example. A, rank 020, 20 B total, incl. 0 RRSIGs
3 [resolv][65538.01]   AD: request NOT classified as SECURE
3 [resolv][65538.01]   finished in state: 4, queries: 1, mempool: 77824 B
`, `
0 cache-miss
0 ask www.example. A ns. 127.0.0.1:5300 . udp
3 reply ns. 127.0.0.1:5300 rtt=3 (NOERROR)
3 store
`},
		{"from the cache", `
0 [iterat][65539.00]   'www.example.' type 'A' new uid was assigned .01, parent uid .00
0 [cache ][65539.01]   => satisfied by exact RRset: rank 020, new TTL 59
0 [iterat][65539.01]   <= rcode: NOERROR
0 [valdtr][65539.01]   <= answer valid, OK
0 [resolv][65539.01]   AD: request NOT classified as SECURE
`, `
0 cache-hit ttl=59
`},
		{"an alias whose target the cache has", `
0 [iterat][65540.00]   'alias.example.' type 'A' new uid was assigned .01, parent uid .00
0 [resolv][65540.01]   => id: '57824' querying: '.'@'2001:db8::1#00053' zone cut: '.' qname: 'alias.example.' qtype: 'A' proto: 'tls'
2 [select][65540.01]   => id: '57824' updating: '.'@'2001:db8::1#00053' zone cut: '.' with rtt 2 to srtt: 3 and variance: 2
2 [iterat][65540.01]   <= rcode: NOERROR
2 [iterat][65540.01]   <= cname chain, following
2 [iterat][65540.02]   'www.example.' type 'A' new uid was assigned .03, parent uid .00
2 [cache ][65540.03]   => satisfied by exact RRset: rank 020, new TTL 57
2 [iterat][65540.03]   <= rcode: NOERROR
`, `
0 cache-miss
0 ask alias.example. A . [2001:db8::1]:53 . tls
2 reply . [2001:db8::1]:53 rtt=2 (NOERROR)
2 alias
2 resolve www.example. A
2 cache-hit ttl=57
`},
		{"from a server whose answers are passed on as they are", `
0 [iterat][65538.00]   'a.up.example.' type 'A' new uid was assigned .01, parent uid .00
0 [resolv][65538.01]   => id: '13206' querying: '.'@'127.0.0.1#05300' zone cut: '.' qname: 'a.up.example.' qtype: 'A' proto: 'udp'
1 [select][65538.01]   => id: '13206' updating: '.'@'127.0.0.1#05300' zone cut: '.' with rtt 1 to srtt: 1 and variance: 0
1 [cache ][65538.01]   => stashed packet: rank 021, TTL 60, A a.up.example. (70 B)
`, `
0 cache-miss
0 ask a.up.example. A . 127.0.0.1:5300 . udp
1 reply . 127.0.0.1:5300 rtt=1
1 store
`},
		{"local data for the name itself", `
0 [iterat][65540.00]   'host.example.' type 'A' new uid was assigned .01, parent uid .00
0 [iterat][65540.01]   <= rcode: NOERROR
0 [valdtr][65540.01]   <= answer valid, OK
0 [resolv][65540.01]   AD: request classified as SECURE
`, `
0 rule
0 secure (the answer)
`},
		{"no answer at all", `
0 [iterat][65541.00]   'drop.example.' type 'A' new uid was assigned .01, parent uid .00
0 [resolv][65541.01]   => id: '00962' querying: '.'@'127.0.0.1#05300' zone cut: '.' qname: 'drop.example.' qtype: 'A' proto: 'udp'
2000 [select][65541.01]   => id: '00962' noting selection error: '.'@'127.0.0.1#05300' zone cut: '.' error: 1 QUERY_TIMEOUT
2000 [iterat][65541.01]   'drop.example.' type 'A' new uid was assigned .02, parent uid .00
12001 [worker][65541.00] internal timeout for resolving the request has expired
12001 [resolv][65541.00] request failed, answering with empty SERVFAIL
`, `
0 cache-miss
0 ask drop.example. A . 127.0.0.1:5300 . udp
2000 fault . 127.0.0.1:5300 (no answer in time)
12001 failed (it took too long)
`},
		{"a server that fails", `
0 [iterat][65542.00]   'fail.example.' type 'A' new uid was assigned .01, parent uid .00
0 [resolv][65542.01]   => id: '51165' querying: '.'@'127.0.0.1#05300' zone cut: '.' qname: 'fail.example.' qtype: 'A' proto: 'udp'
1 [select][65542.01]   => id: '51165' updating: '.'@'127.0.0.1#05300' zone cut: '.' with rtt 1 to srtt: 3 and variance: 2
1 [select][65542.01]   => id: '51165' noting selection error: '.'@'127.0.0.1#05300' zone cut: '.' error: 6 SERVFAIL
1 [iterat][65542.01]   <= rcode: SERVFAIL
`, `
0 cache-miss
0 ask fail.example. A . 127.0.0.1:5300 . udp
1 fault . 127.0.0.1:5300 (fails (SERVFAIL))
`},
		{"a view, and local data", `
0 [rules ][65543.00]   => view selected action: policy.REFUSE
0 [policy][65543.00]   REFUSE applied for www.example. A
0 [rules ][65542.01]   => redirecting by local data
`, `
0 view (policy.REFUSE)
0 policy (REFUSE applied for www.example. A)
0 rule (redirecting by local data)
`},
		{"DNSSEC", `
0 [valdtr][65543.01]   <= DS: OK
0 [valdtr][65543.01]   <= couldn't validate RRSIGs
0 [resolv][65542.01]   AD: request classified as SECURE
`, `
0 secure (the key of the zone)
0 bogus (couldn't validate RRSIGs)
0 secure (the answer)
`},
		{"words of another version", "0 [iterat][1.1] => does something new\n", "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lines []units.TraceLine
			for line := range strings.Lines(strings.TrimSpace(c.lines)) {
				var ms int
				at, text, _ := strings.Cut(line, " ")
				fmt.Sscan(at, &ms)
				lines = append(lines, units.TraceLine{At: units.Seconds(ms) * units.Seconds(time.Millisecond), Text: text})
			}
			var got strings.Builder
			got.WriteByte('\n')
			for _, e := range Events(lines) {
				fmt.Fprintf(&got, "%d %s", time.Duration(e.At).Milliseconds(), e.Kind)
				for _, s := range []string{e.Name, e.Type, e.Server, e.Address, e.Zone, e.Protocol} {
					if s != "" {
						got.WriteString(" " + s)
					}
				}
				if e.RTT != nil {
					fmt.Fprintf(&got, " rtt=%d", time.Duration(*e.RTT).Milliseconds())
				}
				if e.TTL != nil {
					fmt.Fprintf(&got, " ttl=%d", *e.TTL)
				}
				if e.Detail != "" {
					fmt.Fprintf(&got, " (%s)", e.Detail)
				}
				got.WriteByte('\n')
			}
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
