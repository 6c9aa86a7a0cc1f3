// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// signedZones serves zones with signatures that are made as questions come: below
// signed.example, for which there is a trust anchor, what is wrong with a name or zone
// is in its first label.
type signedZones struct {
	keys map[string]signingKey // by zone
}

type signingKey struct {
	public  *dns.DNSKEY
	private crypto.Signer
}

const signedApex = "signed.example."

// newSignedZones makes keys for the zones that are signed.
func newSignedZones(t *testing.T) *signedZones {
	t.Helper()
	s := &signedZones{keys: make(map[string]signingKey)}
	for _, child := range []string{"", "empty.", "unproved.", "broken.", "unlinked.", "island."} {
		zone := child + signedApex
		public := &dns.DNSKEY{
			Hdr:   dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 60},
			Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
		}
		private, err := public.Generate(256)
		if err != nil {
			t.Fatal(err)
		}
		s.keys[zone] = signingKey{public, private.(crypto.Signer)}
	}
	return s
}

// anchor is the trust anchor of the topmost zone.
func (s *signedZones) anchor() string {
	return strings.Join(strings.Fields(s.keys[signedApex].public.ToDS(dns.SHA256).String()), " ")
}

// serve answers on 127.0.0.1 port 5301 of the machine.
func (s *signedZones) serve(t *testing.T) {
	t.Helper()
	sut.ServeDNS(t, "127.0.0.1:5301", s.answer)
}

// answer is that of a resolver that does not validate, such as forwarding goes to.
func (s *signedZones) answer(query *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(query)
	m.RecursionAvailable = true
	m.SetEdns0(1232, true)
	q := query.Question[0]
	name := strings.ToLower(q.Name)
	label, rest, _ := strings.Cut(name, ".")
	zone := s.zoneOf(name)
	key, cut := s.keys[name]
	if q.Qtype == dns.TypeDS && name != signedApex {
		zone = s.zoneOf(rest)
	}
	header := func(rrtype uint16) dns.RR_Header {
		return dns.RR_Header{Name: q.Name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: 60}
	}
	switch {
	case q.Qtype == dns.TypeDNSKEY && cut:
		m.Answer = s.signed(zone, key.public)
	case q.Qtype == dns.TypeDS && slices.Contains([]string{"empty", "unproved"}, label) && cut:
		m.Answer = s.signed(zone, key.public.ToDS(dns.SHA256))
	case q.Qtype == dns.TypeDS && label == "broken" && cut:
		m.Answer = s.signed(zone, &dns.DS{
			Hdr: header(dns.TypeDS), KeyTag: key.public.KeyTag(), Algorithm: dns.ECDSAP256SHA256, DigestType: dns.SHA256, Digest: strings.Repeat("ab", 32),
		})
	case q.Qtype == dns.TypeDS && label == "unlinked" && cut:
		// no record, and no proof that there is none
	case strings.HasSuffix(zone, "plain."+signedApex): // not signed
		if q.Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: header(dns.TypeA), A: net.IPv4(192, 0, 2, 8)}}
		}
	case zone == "empty."+signedApex && !cut:
		m.Rcode = dns.RcodeNameError
		m.Ns = append(s.soa(zone), s.signed(zone, &dns.NSEC{
			Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 60}, NextDomain: zone,
			TypeBitMap: []uint16{dns.TypeNS, dns.TypeSOA, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeDNSKEY},
		})...)
	case zone == "unproved."+signedApex && !cut:
		m.Rcode = dns.RcodeNameError
		m.Ns = s.soa(zone)
	case q.Qtype == dns.TypeA && !cut:
		records := s.signed(zone, &dns.A{Hdr: header(dns.TypeA), A: net.IPv4(192, 0, 2, 8)})
		signature := records[1].(*dns.RRSIG)
		now := time.Now()
		switch label {
		case "unsigned":
			records = records[:1]
		case "altered":
			records[0].(*dns.A).A = net.IPv4(192, 0, 2, 66)
		case "expired":
			s.sign(signature, now.Add(-48*time.Hour), now.Add(-24*time.Hour), records[:1])
		case "early":
			s.sign(signature, now.Add(24*time.Hour), now.Add(48*time.Hour), records[:1])
		case "stranger":
			signature.KeyTag++
		}
		m.Answer = records
	default: // no such record: a proof for this name and type alone, so that nothing else follows from it
		types := []uint16{dns.TypeA, dns.TypeRRSIG, dns.TypeNSEC}
		switch {
		case name == zone:
			types = []uint16{dns.TypeNS, dns.TypeSOA, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeDNSKEY}
		case cut || label == "plain":
			types = []uint16{dns.TypeNS, dns.TypeRRSIG, dns.TypeNSEC}
		}
		m.Ns = append(s.soa(zone), s.signed(zone, &dns.NSEC{Hdr: header(dns.TypeNSEC), NextDomain: `\000.` + q.Name, TypeBitMap: types})...)
	}
	return m
}

// zoneOf is the closest zone, signed or not, that holds name.
func (s *signedZones) zoneOf(name string) string {
	for zone := name; ; {
		if _, signed := s.keys[zone]; signed || strings.HasPrefix(zone, "plain.") || zone == "" {
			return zone
		}
		_, zone, _ = strings.Cut(zone, ".")
	}
}

func (s *signedZones) soa(zone string) []dns.RR {
	return s.signed(zone, &dns.SOA{
		Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 60},
		Ns:  "ns." + zone, Mbox: "root." + zone, Serial: 1, Refresh: 60, Retry: 60, Expire: 60, Minttl: 60,
	})
}

// signed is a record and its signature by the key of zone, if it has one.
func (s *signedZones) signed(zone string, rr dns.RR) []dns.RR {
	key, found := s.keys[zone]
	if !found {
		return []dns.RR{rr}
	}
	signature := &dns.RRSIG{
		Hdr:       dns.RR_Header{Name: rr.Header().Name, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: 60},
		Algorithm: key.public.Algorithm, KeyTag: key.public.KeyTag(), SignerName: zone,
	}
	now := time.Now()
	s.sign(signature, now.Add(-time.Hour), now.Add(time.Hour), []dns.RR{rr})
	return []dns.RR{rr, signature}
}

func (s *signedZones) sign(signature *dns.RRSIG, from, to time.Time, rrs []dns.RR) {
	signature.Inception, signature.Expiration = uint32(from.Unix()), uint32(to.Unix())
	if err := signature.Sign(s.keys[signature.SignerName].private, rrs); err != nil {
		panic(err) // keys and records are those of this file
	}
}

// expectTraces has a worker validate what is right and what is wrong in each way.
func (s *signedZones) expectTraces(t *testing.T) {
	t.Helper()
	for _, c := range []struct {
		name string
		says []string
	}{
		{"www", []string{`: NOERROR in .*, validated by DNSSEC$`, ` validated: the answer$`, `^www.signed.example. \d+ A 192.0.2.8$`}},
		{"x.empty", []string{`: NXDOMAIN in .*, validated by DNSSEC$`, ` validated: the DS record of the zone$`}},
		{"www.plain", []string{`: NOERROR in .*, not signed$`, ` not signed: the zone above has no DS record of this one$`, ` A 192.0.2.8$`}},
		{"www.plain", []string{`: NOERROR in .*, not signed$`, ` in the cache for .* more$`, ` not signed: the zone above has no DS record`}},
		{"www.island", []string{`: NOERROR in .*, not signed$`, ` not signed: the zone above has no DS record`}},
		{"altered", []string{` bogus: altered.signed.example. A: the signature does not fit the records$`, `^why: DNSSEC bogus: .*EDE 6`}},
		{"expired", []string{` bogus: expired.signed.example. A: the signature has expired$`, `^why: a signature has expired \(EDE 7`}},
		{"early", []string{` bogus: early.signed.example. A: the signature is not valid yet$`, `^why: a signature is not valid yet \(EDE 8`}},
		{"stranger", []string{` bogus: stranger.signed.example. A: the signature is by a key that the zone does not have$`, `^why: DNSSEC bogus: `}},
		{"unsigned", []string{` bogus: unsigned.signed.example. A: the signature is missing$`, `^why: signatures are missing \(EDE 10`}},
		{"x.unproved", []string{` bogus: x.unproved.signed.example. A: nothing proves that the name does not exist`, `^why: .*\(EDE 12`}},
		{"www.broken", []string{` bogus: broken.signed.example. DNSKEY: no key fits the DS record of the zone$`, `^why: DNSSEC bogus: `}},
		{"www.unlinked", []string{` bogus: unlinked.signed.example. DS: nothing proves that there are no such records`, `^why: .*\(EDE 12`}},
	} {
		if strings.Contains(c.says[0], "bogus") {
			c.says = append(c.says, `: SERVFAIL in .*, bogus$`)
		}
		r := sut.Exec(t, "kresctl", "trace", c.name+"."+signedApex)
		for _, p := range c.says {
			if !regexp.MustCompile("(?m)" + p).MatchString(r.Stdout) {
				t.Errorf("a trace of %s does not say %s:\n%s%s", c.name, p, r.Stdout, r.Stderr)
			}
		}
		if strings.Contains(r.Stdout, "does not pass DNSSEC") {
			t.Errorf("a trace of %s says things twice:\n%s", c.name, r.Stdout)
		}
	}
}
