// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
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
}

var defaultPort = map[string]uint16{"udp": 53, "tcp": 53, "tls": 853, "https": 443, "http": 80, "quic": 853}

// parseQuery reads "NAME TYPE [OPTION]…" where an option is +NETWORK, +src=ADDRESS,
// +times=N (so often; the answers are told each), +silent (no answer is
// expected), +do, +cd, +norec, +noedns, +nsid, +pad (ask for padding),
// +bufsize=N, or @ADDRESS[:PORT], which is 127.0.0.1 otherwise.
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
func (s *side) ask(ctx context.Context, q query) string {
	var answers []string
	for range q.times {
		answers = append(answers, s.askOnce(ctx, q))
	}
	return strings.Join(answers, " / ")
}

func (s *side) askOnce(ctx context.Context, q query) string {
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
		if q.padding {
			o.Option = append(o.Option, &dns.EDNS0_PADDING{})
		}
	}
	timeout := 20 * time.Second
	if q.silent {
		timeout = 500 * time.Millisecond
	}
	var in *dns.Msg
	err := s.in(func() (err error) {
		in, err = s.exchange(ctx, q, m, timeout)
		return err
	})
	if err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			return "no answer"
		}
		return "error: " + portOf.ReplaceAllString(err.Error(), ":PORT->")
	}
	return describe(in)
}

// portOf is the port of the client in an error message.
var portOf = regexp.MustCompile(`:\d+->`)

func (s *side) exchange(ctx context.Context, q query, m *dns.Msg, timeout time.Duration) (*dns.Msg, error) {
	dialer := &net.Dialer{Timeout: timeout}
	client := dns.Client{Net: q.network, Timeout: timeout, Dialer: dialer, UDPSize: dns.MaxMsgSize}
	if q.source != "" {
		source := netip.MustParseAddr(q.source)
		dialer.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		if q.network != "udp" {
			dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		}
	}
	switch q.network {
	case "tls":
		// The certificate is compared, not believed.
		client.Net, client.TLSConfig = "tcp-tls", &tls.Config{InsecureSkipVerify: true}
	case "https", "http":
		return s.https(ctx, q, m, timeout)
	}
	in, _, err := client.Exchange(m, q.server.String())
	return in, err
}

// https asks over HTTP/2, with TLS or without.
func (s *side) https(ctx context.Context, q query, m *dns.Msg, timeout time.Duration) (*dns.Msg, error) {
	wire, err := m.Pack()
	if err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(q.network == "https")
	protocols.SetUnencryptedHTTP2(q.network == "http")
	transport := &http.Transport{
		Protocols: protocols, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		// It dials on another goroutine.
		DialContext: func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			err = s.in(func() error {
				conn, err = new(net.Dialer).DialContext(ctx, network, address)
				return err
			})
			return conn, err
		},
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s://%s/dns-query", q.network, q.server), bytes.NewReader(wire))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/dns-message")
	resp, err := (&http.Client{Transport: transport, Timeout: timeout}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d, %w", resp.StatusCode, err)
	}
	in := new(dns.Msg)
	return in, in.Unpack(body)
}

var kdigWords = regexp.MustCompile(`status: (\w+)|Flags: ([a-z ]+);|(?m)^([^;\n]+\tIN\t.*)$`)

// kdig asks over QUIC.
func (s *side) kdig(ctx context.Context, q query) string {
	cmd := s.inside(ctx, nil, "kdig", "+quic", "+timeout=20", "@"+q.server.Addr().String(), "-p", strconv.Itoa(int(q.server.Port())), q.name, dns.TypeToString[q.qtype])
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "error: " + err.Error() + string(out)
	}
	var words []string
	for _, found := range kdigWords.FindAllStringSubmatch(string(out), -1) {
		words = append(words, strings.Fields(strings.Join(found[1:], " "))...)
	}
	return strings.Join(words, " ")
}

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
