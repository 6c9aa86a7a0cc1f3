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
		{"a zone that is signed", `
1 [cache ][65546.03]     => stashed signed.example. DNSKEY, rank 060, 184 B total, incl. 1 RRSIGs
3 [cache ][65546.04]   => stashed www.signed.example. A, rank 060, 120 B total, incl. 1 RRSIGs
3 [resolv][65546.04]   AD: request classified as SECURE
`, `
1 store
3 secure (the answer)
`},
		{"a zone below a signed one that is not", `
0 [cache ][65548.03]     => satisfied by exact RRset: rank 060, new TTL 60
1 [cache ][65548.06]     => stashed signed.example. SOA, rank 060, 176 B total, incl. 1 RRSIGs
1 [cache ][65548.06]     => stashed packet: rank 060, TTL 60, DS plain.signed.example. (465 B)
2 [cache ][65548.07]   => stashed www.plain.signed.example. A, rank 030, 20 B total, incl. 0 RRSIGs
2 [resolv][65548.07]   AD: request NOT classified as SECURE
`, `
0 cache-hit ttl=60
1 store
2 insecure (the zone above has no DS record of this one)
2 store
`},
		{"records that do not fit their signature", `
0 [cache ][65550.03]     => satisfied by exact RRset: rank 060, new TTL 59
1 [valdtr][65550.04]   >< bogus signatures: altered.signed.example. A (1 matching RRSIGs, 0 expired, 0 not yet valid, 0 invalid signer, 0 invalid label count, 0 invalid key, 1 invalid crypto, 0 invalid NSEC)
1 [select][65550.04]   => id: '45849' noting selection error: '.'@'127.0.0.1#05301' zone cut: 'signed.example.' error: 14 DNSSEC_ERROR
1 [cache ][65550.04]   => stashed packet: rank 025, TTL 60, A altered.signed.example. (233 B)
`, `
0 cache-hit ttl=59
1 bogus (altered.signed.example. A: the signature does not fit the records)
1 store
`},
		{"a signature that has expired", `
0 [cache ][65551.03]     => satisfied by exact RRset: rank 060, new TTL 59
1 [valdtr][65551.04]   >< bogus signatures: expired.signed.example. A (1 matching RRSIGs, 1 expired, 0 not yet valid, 0 invalid signer, 0 invalid label count, 0 invalid key, 0 invalid crypto, 0 invalid NSEC)
1 [select][65551.04]   => id: '36403' noting selection error: '.'@'127.0.0.1#05301' zone cut: 'signed.example.' error: 14 DNSSEC_ERROR
1 [cache ][65551.04]   => stashed packet: rank 025, TTL 60, A expired.signed.example. (233 B)
`, `
0 cache-hit ttl=59
1 bogus (expired.signed.example. A: the signature has expired)
1 store
`},
		{"a signature of the future", `
0 [cache ][65552.03]     => satisfied by exact RRset: rank 060, new TTL 59
1 [valdtr][65552.04]   >< bogus signatures: early.signed.example. A (1 matching RRSIGs, 0 expired, 1 not yet valid, 0 invalid signer, 0 invalid label count, 0 invalid key, 0 invalid crypto, 0 invalid NSEC)
1 [select][65552.04]   => id: '33496' noting selection error: '.'@'127.0.0.1#05301' zone cut: 'signed.example.' error: 14 DNSSEC_ERROR
1 [cache ][65552.04]   => stashed packet: rank 025, TTL 60, A early.signed.example. (227 B)
`, `
0 cache-hit ttl=59
1 bogus (early.signed.example. A: the signature is not valid yet)
1 store
`},
		{"a signature by another key", `
0 [cache ][65553.03]     => satisfied by exact RRset: rank 060, new TTL 59
1 [valdtr][65553.04]   >< bogus signatures: stranger.signed.example. A (1 matching RRSIGs, 0 expired, 0 not yet valid, 0 invalid signer, 0 invalid label count, 1 invalid key, 0 invalid crypto, 0 invalid NSEC)
1 [select][65553.04]   => id: '26949' noting selection error: '.'@'127.0.0.1#05301' zone cut: 'signed.example.' error: 14 DNSSEC_ERROR
1 [cache ][65553.04]   => stashed packet: rank 025, TTL 60, A stranger.signed.example. (236 B)
`, `
0 cache-hit ttl=59
1 bogus (stranger.signed.example. A: the signature is by a key that the zone does not have)
1 store
`},
		{"a signature that is missing", `
0 [cache ][65554.03]     => satisfied by exact RRset: rank 060, new TTL 59
2 [cache ][65554.06]     => stashed signed.example. SOA, rank 060, 176 B total, incl. 1 RRSIGs
2 [cache ][65554.06]     => stashed packet: rank 060, TTL 60, DS unsigned.signed.example. (477 B)
2 [valdtr][65554.04]   >< no valid RRSIGs found: unsigned.signed.example. A (0 matching RRSIGs, 0 expired, 0 not yet valid, 0 invalid signer, 0 invalid label count, 0 invalid key, 0 invalid crypto, 0 invalid NSEC)
2 [cache ][65554.04]   => stashed unsigned.signed.example. A, rank 027, 20 B total, incl. 0 RRSIGs
2 [resolv][65554.06]     AD: request NOT classified as SECURE
`, `
0 cache-hit ttl=59
2 store
2 bogus (unsigned.signed.example. A: the signature is missing)
2 store
`},
		{"a name that does not exist, without a proof", `
1 [cache ][65555.03]     => satisfied by exact RRset: rank 060, new TTL 59
1 [valdtr][65555.06]     <= DS: OK
1 [cache ][65555.06]     => stashed unproved.signed.example. DS, rank 060, 152 B total, incl. 1 RRSIGs
3 [cache ][65555.09]     => stashed unproved.signed.example. DNSKEY, rank 060, 194 B total, incl. 1 RRSIGs
4 [valdtr][65555.10]   <= bad NXDOMAIN proof
4 [select][65555.10]   => id: '49101' noting selection error: '.'@'127.0.0.1#05301' zone cut: 'unproved.signed.example.' error: 14 DNSSEC_ERROR
4 [cache ][65555.10]   => stashed unproved.signed.example. SOA, rank 060, 204 B total, incl. 1 RRSIGs
4 [cache ][65555.10]   => stashed packet: rank 025, TTL 60, A x.unproved.signed.example. (321 B)
`, `
1 cache-hit ttl=59
1 secure (the DS record of the zone)
1 store
4 bogus (nothing proves that the name does not exist (NXDOMAIN))
4 store
`},
		{"a key that is not that of the DS record", `
0 [cache ][65556.03]     => satisfied by exact RRset: rank 060, new TTL 59
1 [valdtr][65556.06]     <= DS: OK
1 [cache ][65556.06]     => stashed broken.signed.example. DS, rank 060, 152 B total, incl. 1 RRSIGs
1 [valdtr][65556.09]     >< bogus key: broken.signed.example. DNSKEY (0 matching RRSIGs, 0 expired, 0 not yet valid, 0 invalid signer, 0 invalid label count, 0 invalid key, 0 invalid crypto, 0 invalid NSEC)
1 [valdtr][65556.09]     <= bad keys, broken trust chain
1 [select][65556.09]     => id: '28662' noting selection error: '.'@'127.0.0.1#05301' zone cut: 'broken.signed.example.' error: 14 DNSSEC_ERROR
1 [cache ][65556.09]     => stashed broken.signed.example. DNSKEY, rank 020, 192 B total, incl. 1 RRSIGs
1 [cache ][65556.09]     => stashed packet: rank 025, TTL 60, DNSKEY broken.signed.example. (301 B)
`, `
0 cache-hit ttl=59
1 secure (the DS record of the zone)
1 store
1 bogus (broken.signed.example. DNSKEY: no key fits the DS record of the zone)
1 store
`},
		{"a DS record that is missing, without a proof", `
0 [cache ][65557.03]     => satisfied by exact RRset: rank 060, new TTL 59
1 [valdtr][65557.06]     <= bad NODATA proof
1 [cache ][65557.06]     => stashed packet: rank 025, TTL 5, DS unlinked.signed.example. (64 B)
`, `
0 cache-hit ttl=59
1 bogus (nothing proves that there are no such records (NODATA))
1 store
`},
		{"a zone that is not signed, from the cache", `
0 [cache ][65548.01]   => satisfied by exact RRset: rank 030, new TTL 59
`, `
0 cache-hit ttl=59
0 insecure (the zone above has no DS record of this one)
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
