// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"
	"strings"

	"github.com/miekg/dns"
	"github.com/rogpeppe/go-internal/testscript"
)

// startDNS starts a resolver that knows www.example, and names that say what becomes of
// them: none, bogus, long and drop.
func startDNS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: dns")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	pc, err := net.ListenPacket("udp", l.Addr().String())
	ts.Check(err)
	for _, s := range []*dns.Server{{Listener: l}, {PacketConn: pc}} {
		over := s.PacketConn != nil
		s.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { answerDNS(w, q, over) })
		ended := make(chan struct{})
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() {
			defer close(ended)
			_ = s.ActivateAndServe()
		}()
		<-started
		ts.Defer(func() { _ = s.Shutdown(); <-ended })
	}
	address := strings.Replace(l.Addr().String(), ":", "@", 1)
	ts.Setenv("DNS", address)
	file := ts.MkAbs("config.yaml")
	ts.Check(os.WriteFile(file, []byte(strings.ReplaceAll(ts.ReadFile(file), "DNS", address)), 0o600))
}

func answerDNS(w dns.ResponseWriter, q *dns.Msg, udp bool) {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	m.SetEdns0(1232, false)
	add := func(to *[]dns.RR, record string) {
		rr, err := dns.NewRR(record)
		if err != nil {
			panic(err)
		}
		*to = append(*to, rr)
	}
	host, _, _ := strings.Cut(q.Question[0].Name, ".")
	switch {
	case host == "drop":
		return
	case host == "none":
		m.Rcode = dns.RcodeNameError
		add(&m.Ns, "example. 60 IN SOA a. b. 1 2 3 4 5")
	case host == "bogus":
		m.Rcode = dns.RcodeServerFailure
		m.IsEdns0().Option = append(m.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: 6, ExtraText: "no key"})
	case host == "long" && udp:
		m.Truncated = true
	case q.Question[0].Qtype == dns.TypeA:
		m.AuthenticatedData = true
		add(&m.Answer, q.Question[0].Name+" 60 IN A 192.0.2.7")
	}
	_ = w.WriteMsg(m)
}
