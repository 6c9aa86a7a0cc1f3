// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"math/big"
	"testing"
	"time"

	"golang.org/x/net/quic"
)

// certificate makes one that no one vouches for.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	text, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{text}, PrivateKey: key}
}

// serveQUIC answers queries until last has a connection end with its nth one: then that one is
// not answered.
func serveQUIC(t *testing.T, last func(c *quic.Conn, n int) bool) string {
	t.Helper()
	server, err := quic.Listen("udp", "127.0.0.1:0", &quic.Config{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate(t)}, NextProtos: []string{"doq"}, MinVersion: tls.VersionTLS13},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); _ = server.Close(ctx) })
	serve := func(c *quic.Conn) {
		for n := 1; ; n++ {
			s, err := c.AcceptStream(ctx)
			if err != nil {
				return
			}
			query, err := streamed(s)
			if err != nil || last(c, n) {
				return
			}
			if query[0]|query[1] != 0 {
				t.Error("a query over QUIC has an id") // RFC 9250, section 4.2.1
			}
			_, _ = s.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), echo(query)...))
			_ = s.CloseWrite()
		}
	}
	go func() {
		for {
			c, err := server.Accept(ctx)
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return server.LocalAddr().String()
}

func TestDoQ(t *testing.T) {
	t.Parallel()
	addr := serveQUIC(t, func(*quic.Conn, int) bool { return false })
	if r := run(t, Config{Mode: DoQ, Addr: addr, QPS: 50, Duration: time.Second / 2}); r.Answered != r.Sent || r.Sent == 0 {
		t.Error("not every query on a connection of its own was answered")
	}
	r := runKept(t, KeptConfig{Config: Config{Mode: DoQ, Addr: addr, QPS: 200, Unique: true}, Connections: 2})
	if r.Answered != r.Sent || r.Closed+r.Reset+r.Refused != 0 {
		t.Error("not every query on a kept connection was answered")
	}
}

func TestTheEndsOfAConnectionOverQUIC(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		last          func(c *quic.Conn, n int) bool
		closed, reset bool
	}{
		"a goodbye": {func(c *quic.Conn, n int) bool {
			if n == 5 {
				c.Abort(&quic.ConnectionCloseError{})
			}
			return n == 5
		}, true, false},
		"an error": {func(c *quic.Conn, n int) bool {
			if n == 5 {
				c.Abort(&quic.ConnectionCloseError{Code: 1}) // DOQ_INTERNAL_ERROR
			}
			return n == 5
		}, false, true},
		"silence": {func(_ *quic.Conn, n int) bool { return n == 5 }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := serveQUIC(t, c.last)
			r := runKept(t, KeptConfig{Config: Config{Mode: DoQ, Addr: addr, QPS: 100, Duration: 2 * silence}, Connections: 1})
			if (r.Closed > 0) != c.closed || (r.Reset > 0) != c.reset || r.Cut < 1 {
				t.Error("the connections did not end in that way, each with a query cut")
			}
			if silent := errors.Is(r.Ended, errSilent); silent != (name == "silence") {
				t.Errorf("ended: %v", r.Ended)
			}
		})
	}
}
