// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// upstream is the servers behind one side, on its addresses
//
//	127.0.0.2, 127.0.0.3   ports 53 and 5300, UDP and TCP
//	::1                    port 5300, UDP and TCP
//	127.0.0.2              port 853, TLS
//
// All answer the same, see [upstream.answer], and remember what they were asked.
type upstream struct {
	servers []*dns.Server
	mu      sync.Mutex
	asked   map[string]bool
}

func (s *side) serve(c *testCase) (*upstream, error) {
	u := &upstream{asked: map[string]bool{}}
	if !strings.Contains(c.config, "servers:") {
		return u, nil
	}
	err := s.in(func() error {
		for _, host := range []string{"127.0.0.2", "127.0.0.3", "::1"} {
			for _, port := range []string{"53", "5300"} {
				if host == "::1" && port == "53" {
					continue // the worker's
				}
				address := net.JoinHostPort(host, port)
				packet, err := net.ListenPacket("udp", address)
				if err != nil {
					return err
				}
				u.start(&dns.Server{PacketConn: packet}, "udp", address)
				listener, err := net.Listen("tcp", address)
				if err != nil {
					return err
				}
				u.start(&dns.Server{Listener: listener}, "tcp", address)
			}
		}
		listener, err := net.Listen("tcp", "127.0.0.2:853")
		if err != nil {
			return err
		}
		u.start(&dns.Server{Listener: tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pki.certificate}})}, "tls", "127.0.0.2:853")
		return nil
	})
	if err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

func (u *upstream) start(server *dns.Server, network, address string) {
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		u.note(network, address, w.RemoteAddr(), q)
		m := answer(q, address)
		if m == nil {
			return
		}
		if o := q.IsEdns0(); network == "udp" && o != nil {
			m.Truncate(max(dns.MinMsgSize, int(o.UDPSize())))
		}
		_ = w.WriteMsg(m)
	})
	u.servers = append(u.servers, server)
	go func() { _ = server.ActivateAndServe() }()
	<-started
}

func (u *upstream) close() {
	for _, server := range u.servers {
		_ = server.Shutdown()
	}
}

// note remembers a question, without what chance decides.
func (u *upstream) note(network, address string, client net.Addr, q *dns.Msg) {
	name := q.Question[0].Name
	if name == "." { // what workers ask for themselves when they start
		return
	}
	host, _, _ := net.SplitHostPort(client.String())
	text := fmt.Sprintf("%s %s from %s: %s %s", network, address, host, strings.ToLower(name), dns.TypeToString[q.Question[0].Qtype])
	if len(name) > 24 && name != strings.ToLower(name) { // shorter names may be in lower case by chance
		text += " mixed-case"
	}
	if o := q.IsEdns0(); o != nil {
		text += fmt.Sprintf(" size=%d do=%t", o.UDPSize(), o.Do())
	}
	text += fmt.Sprintf(" rd=%t cd=%t", q.RecursionDesired, q.CheckingDisabled)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked[text] = true
}

func (u *upstream) questions() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return strings.Join(slices.Sorted(maps.Keys(u.asked)), "\n\t")
}

// answer makes the answer of a server. Every name has the address 192.0.2.99,
// but of
//
//	…broken.example          SERVFAIL, from all servers but 127.0.0.3
//	…mute.example            no answer, from all servers but 127.0.0.3
//	…private.example         the address is 10.1.2.3
//	…none.example            there is no such name
//	…long.example            a TXT record of 1,400 bytes
//	…child.example           a delegation to 127.0.0.3, from 127.0.0.2
//	…signed.example          the answer is signed
func answer(q *dns.Msg, server string) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(q)
	m.Authoritative, m.RecursionAvailable, m.CheckingDisabled = true, true, q.CheckingDisabled
	name, qtype := q.Question[0].Name, q.Question[0].Qtype
	below := func(zone string) bool { return dns.IsSubDomain(zone, strings.ToLower(name)) }
	if o := q.IsEdns0(); o != nil {
		m.SetEdns0(4096, o.Do())
	}
	zone := "example."
	if below("signed.example.") {
		zone = "signed.example."
	}
	record := func(text string) dns.RR {
		rr, err := dns.NewRR(text)
		if err != nil {
			panic(err)
		}
		return rr
	}
	soa := record(zone + " 600 SOA ns.example. root.example. 1 2 3 4 600")
	switch {
	case below("broken.example.") && !strings.HasPrefix(server, "127.0.0.3"):
		m.Rcode = dns.RcodeServerFailure
	case below("mute.example.") && !strings.HasPrefix(server, "127.0.0.3"):
		return nil
	case below("none.example."):
		m.Rcode, m.Ns = dns.RcodeNameError, []dns.RR{soa}
	case below("child.example.") && strings.HasPrefix(server, "127.0.0.2"):
		m.Authoritative = false
		m.Ns = []dns.RR{record("child.example. 3600 NS ns.child.example.")}
		m.Extra = append(m.Extra, record("ns.child.example. 3600 A 127.0.0.3"))
	case below("signed.example.") && qtype == dns.TypeDNSKEY && strings.EqualFold(name, "signed.example."):
		m.Answer = []dns.RR{pki.zoneKey}
	case qtype == dns.TypeA && below("private.example."):
		m.Answer = []dns.RR{record(name + " 3600 A 10.1.2.3")}
	case qtype == dns.TypeA:
		m.Answer = []dns.RR{record(name + " 3600 A 192.0.2.99")}
	case qtype == dns.TypeTXT && below("long.example."):
		m.Answer = []dns.RR{record(name + " 3600 TXT " + strings.Repeat(strings.Repeat("x", 200)+" ", 7))}
	case qtype == dns.TypeTXT:
		m.Answer = []dns.RR{record(name + " 3600 TXT text")}
	default:
		m.Ns = []dns.RR{soa}
	}
	if zone == "signed.example." {
		m.Answer = append(m.Answer, signature(m.Answer)...)
		m.Ns = append(m.Ns, signature(m.Ns)...)
	}
	return m
}

// signature signs the one set of records that a section has.
func signature(rrs []dns.RR) []dns.RR {
	if len(rrs) == 0 {
		return nil
	}
	now := time.Now()
	sig := &dns.RRSIG{
		Inception: uint32(now.Add(-time.Hour).Unix()), Expiration: uint32(now.Add(24 * time.Hour).Unix()),
		KeyTag: pki.zoneKey.KeyTag(), SignerName: "signed.example.", Algorithm: pki.zoneKey.Algorithm,
	}
	if err := sig.Sign(pki.zoneSigner, rrs); err != nil {
		panic(err)
	}
	return []dns.RR{sig}
}
