// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// query is one question to a worker.
type query struct {
	network string // udp, tcp, tls, https, http, quic
	server  netip.AddrPort
	source  string
	name    string
	qtype   uint16
	edns    bool
	size    uint16
	times   int
	silent  bool
	dnssec  bool
	cd      bool
	norec   bool
	nsid    bool
	padding bool
	keep    bool
	resume  bool
	proxied string
}

var defaultPort = map[string]uint16{"udp": 53, "tcp": 53, "tls": 853, "https": 443, "http": 80, "quic": 853}

// parseQuery reads "NAME TYPE [OPTION]…" where an option is +NETWORK, +src=ADDRESS,
// +times=N (so often; the answers are told each), +silent (no answer is
// expected), +do, +cd, +norec, +noedns, +nsid, +pad (ask for padding), +keepalive,
// +bufsize=N, +resume (with the TLS session of the last such query, which may
// have been to the other side), +proxy=ADDRESS (in the name of that client, as
// a PROXYv2 proxy), or @ADDRESS[:PORT], which is 127.0.0.1 otherwise.
func parseQuery(text string) (query, error) {
	q := query{network: "udp", edns: true, size: 1232, times: 1}
	words := strings.Fields(text)
	if len(words) < 2 {
		return q, fmt.Errorf("not a query: %q", text)
	}
	var ok bool
	if q.qtype, ok = dns.StringToType[words[1]]; !ok {
		return q, fmt.Errorf("no type: %q", text)
	}
	q.name = dns.Fqdn(words[0])
	server := "127.0.0.1"
	for _, word := range words[2:] {
		option, value, _ := strings.Cut(word, "=")
		number, _ := strconv.Atoi(value)
		switch option {
		case "+tcp", "+tls", "+https", "+http", "+quic":
			q.network = option[1:]
		case "+src":
			q.source = value
		case "+times":
			q.times = number
		case "+silent":
			q.silent = true
		case "+do":
			q.dnssec = true
		case "+cd":
			q.cd = true
		case "+norec":
			q.norec = true
		case "+noedns":
			q.edns = false
		case "+nsid":
			q.nsid = true
		case "+pad":
			q.padding = true
		case "+keepalive":
			q.keep = true
		case "+resume":
			q.resume = true
		case "+proxy":
			q.proxied = value
		case "+bufsize":
			q.size = uint16(number)
		default:
			if server, ok = strings.CutPrefix(word, "@"); !ok {
				return q, fmt.Errorf("no such option: %q", word)
			}
		}
	}
	var err error
	if q.server, err = netip.ParseAddrPort(server); err != nil {
		var address netip.Addr
		if address, err = netip.ParseAddr(server); err == nil {
			q.server = netip.AddrPortFrom(address, defaultPort[q.network])
		}
	}
	return q, err
}

// ask sends the query and describes the answers.
func (s *side) ask(ctx context.Context, q query, sessions tls.ClientSessionCache) string {
	if !q.resume {
		sessions = nil
	}
	var answers []string
	for range q.times {
		answers = append(answers, s.askOnce(ctx, q, sessions))
	}
	return strings.Join(answers, " / ")
}

func (s *side) askOnce(ctx context.Context, q query, sessions tls.ClientSessionCache) string {
	if q.network == "quic" {
		return s.kdig(ctx, q)
	}
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.qtype)
	m.RecursionDesired, m.CheckingDisabled = !q.norec, q.cd
	if q.edns {
		m.SetEdns0(q.size, q.dnssec)
		o := m.IsEdns0()
		if q.nsid {
			o.Option = append(o.Option, &dns.EDNS0_NSID{Code: dns.EDNS0NSID})
		}
		if q.keep {
			o.Option = append(o.Option, &dns.EDNS0_TCP_KEEPALIVE{Code: dns.EDNS0TCPKEEPALIVE})
		}
		if q.padding {
			o.Option = append(o.Option, &dns.EDNS0_PADDING{})
		}
	}
	timeout := 20 * time.Second
	if q.silent {
		timeout = 500 * time.Millisecond
	}
	var in *dns.Msg
	var peer string
	// The certificate is compared, not believed.
	security := &tls.Config{InsecureSkipVerify: true, ServerName: "dns.example", ClientSessionCache: sessions, VerifyConnection: func(c tls.ConnectionState) error {
		peer = fmt.Sprintf(" of %s %q", c.PeerCertificates[0].Subject, c.PeerCertificates[0].DNSNames)
		if c.DidResume {
			peer += " resumed"
		}
		return nil
	}}
	err := s.in(func() (err error) {
		in, err = s.exchange(ctx, q, m, timeout, security)
		return err
	})
	if err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			return "no answer"
		}
		return "error: " + portOf.ReplaceAllString(err.Error(), ":PORT->")
	}
	return describe(in) + peer
}

// portOf is the port of the client in an error message.
var portOf = regexp.MustCompile(`:\d+->`)

// aged is the lifetime of a record of the servers behind that was in the cache
// for a moment.
var aged = regexp.MustCompile(` 35[0-9]{2} IN `)

// describe tells all of an answer that does not differ by chance.
func describe(in *dns.Msg) string {
	words := []string{dns.RcodeToString[in.Rcode]}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"AA", in.Authoritative}, {"TC", in.Truncated}, {"RD", in.RecursionDesired}, {"RA", in.RecursionAvailable}, {"AD", in.AuthenticatedData}, {"CD", in.CheckingDisabled}} {
		if flag.set {
			words = append(words, flag.name)
		}
	}
	for title, section := range map[string][]dns.RR{"": in.Answer, "authority:": in.Ns, "additional:": in.Extra} {
		var lines []string
		for _, rr := range section {
			if o, ok := rr.(*dns.OPT); ok {
				words = append(words, edns(o)...)
				continue
			}
			line := strings.Join(strings.Fields(rr.String()), " ")
			if sig, ok := rr.(*dns.RRSIG); ok {
				line = sig.Hdr.Name + " RRSIG " + dns.TypeToString[sig.TypeCovered]
			}
			lines = append(lines, aged.ReplaceAllString(line, " 3600 IN "))
		}
		slices.Sort(lines)
		if len(lines) > 0 {
			words = append(words, title+strings.Join(lines, ", "))
		}
	}
	slices.Sort(words[1:])
	return strings.Join(words, " ")
}

func edns(o *dns.OPT) []string {
	words := []string{fmt.Sprintf("EDNS %d", o.UDPSize())}
	for _, option := range o.Option {
		switch option := option.(type) {
		case *dns.EDNS0_EDE:
			words = append(words, fmt.Sprintf("EDE %d %s", option.InfoCode, option.ExtraText))
		case *dns.EDNS0_NSID:
			words = append(words, "NSID "+option.Nsid)
		case *dns.EDNS0_PADDING:
			words = append(words, fmt.Sprintf("padding %d", len(option.Padding)))
		case *dns.EDNS0_TCP_KEEPALIVE:
			words = append(words, fmt.Sprintf("keepalive %d", option.Timeout))
		default:
			words = append(words, fmt.Sprintf("option %d", option.Option()))
		}
	}
	return words
}
