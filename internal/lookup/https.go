// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/miekg/dns"
)

// DNS over HTTPS (RFC 8484), by the HTTP/2 client that package net/http has anyway. kresd
// answers at this path.
const (
	dohPath = "/dns-query"
	dohType = "application/dns-message"
)

// overHTTPS asks by one POST, on a connection of its own: what is timed is what a client
// waits for whose connection is there, as over TCP and TLS.
func (q Question) overHTTPS(ctx context.Context, m *dns.Msg) (*dns.Msg, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}, // as for DNS over TLS
	}}
	conn, err := dialer.DialContext(ctx, "tcp", q.Server.String())
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	transport := &http.Transport{
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		Protocols:      protocols,
	}
	defer transport.CloseIdleConnections()
	query := m.Copy()
	query.Id = 0 // RFC 8484 section 4.1: for caches
	body, err := query.Pack()
	if err != nil {
		return nil, 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+q.Server.String()+dohPath, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Content-Type", dohType)
	r.Header.Set("Accept", dohType)
	began := time.Now()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, dns.MaxMsgSize))
	took := time.Since(began)
	switch {
	case err != nil:
		return nil, took, err
	case resp.StatusCode != http.StatusOK:
		return nil, took, fmt.Errorf("HTTP status %d at %s", resp.StatusCode, dohPath)
	case resp.Header.Get("Content-Type") != dohType:
		return nil, took, fmt.Errorf("it is no DNS message, but %.100q", resp.Header.Get("Content-Type"))
	}
	in := new(dns.Msg)
	if err := in.Unpack(text); err != nil {
		return nil, took, err
	}
	return in, took, nil
}
