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
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// exchange sends a query and waits for the answer, inside the namespace.
func (s *side) exchange(ctx context.Context, q query, m *dns.Msg, timeout time.Duration, security *tls.Config) (*dns.Msg, error) {
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
		client.Net, client.TLSConfig = "tcp-tls", security
	case "https", "http":
		return s.https(ctx, q, m, timeout, security)
	}
	if q.proxied != "" {
		return q.throughProxy(m, timeout)
	}
	in, _, err := client.Exchange(m, q.server.String())
	return in, err
}

// throughProxy asks over UDP with a header of PROXYv2 in front.
func (q query) throughProxy(m *dns.Msg, timeout time.Duration) (*dns.Msg, error) {
	wire, err := m.Pack()
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("udp", q.server.String(), timeout)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	// Signature, version 2 and "proxied", IPv4 and UDP, 12 bytes of addresses and ports.
	header := []byte("\r\n\r\n\x00\r\nQUIT\n\x21\x12\x00\x0c")
	header = append(header, netip.MustParseAddr(q.proxied).AsSlice()...)
	header = append(header, q.server.Addr().AsSlice()...)
	header = append(header, 0x30, 0x39, 0, 53)
	if _, err := conn.Write(append(header, wire...)); err != nil {
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(timeout))
	buffer := make([]byte, dns.MaxMsgSize)
	n, err := conn.Read(buffer)
	if err != nil {
		return nil, err
	}
	in := new(dns.Msg)
	return in, in.Unpack(buffer[:n])
}

// https asks over HTTP/2, with TLS or without.
func (s *side) https(ctx context.Context, q query, m *dns.Msg, timeout time.Duration, security *tls.Config) (*dns.Msg, error) {
	wire, err := m.Pack()
	if err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(q.network == "https")
	protocols.SetUnencryptedHTTP2(q.network == "http")
	transport := &http.Transport{
		Protocols: protocols, TLSClientConfig: security,
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
