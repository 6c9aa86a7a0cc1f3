// SPDX-License-Identifier: Apache-2.0

package load

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"

	"github.com/miekg/dns"
)

// serveKept answers queries with what reply makes of the nth one on its connection, until
// that is nothing: then it closes the connection.
func serveKept(t *testing.T, reply func(n int, query []byte) []byte) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for n := 1; ; n++ {
					var length [2]byte
					if _, err := io.ReadFull(conn, length[:]); err != nil {
						return
					}
					query := make([]byte, binary.BigEndian.Uint16(length[:]))
					if _, err := io.ReadFull(conn, query); err != nil {
						return
					}
					answer := reply(n, query)
					if answer == nil {
						return
					}
					_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func runKept(t *testing.T, c KeptConfig) KeptReport {
	t.Helper()
	machine.Alone(t)
	c.Name = "kept.test"
	if c.Duration == 0 {
		c.Duration = 600 * time.Millisecond
	}
	r, err := RunKept(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r)
	if r.Sent != r.Answered+r.Wrong+r.Late+r.Cut || r.Sent == 0 {
		t.Error("the sum is not right")
	}
	return r
}

func TestKeptConnectionsStay(t *testing.T) {
	t.Parallel()
	addr := serveKept(t, func(_ int, query []byte) []byte { return echo(query) })
	r := runKept(t, KeptConfig{Config: Config{Mode: TCP, Addr: addr, QPS: 400, Unique: true}, Connections: 4})
	if r.Answered != r.Sent || r.Closed+r.Reset+r.Left+r.Refused != 0 {
		t.Error("someone lost something")
	}
}

func TestACutQueryIsCounted(t *testing.T) {
	t.Parallel()
	addr := serveKept(t, func(n int, query []byte) []byte {
		if n == 5 {
			return nil
		}
		return echo(query)
	})
	r := runKept(t, KeptConfig{Config: Config{Mode: TCP, Addr: addr, QPS: 400}, Connections: 4})
	if r.Closed+r.Reset == 0 || r.Cut < r.CutOn || r.CutOn != r.Closed+r.Reset {
		t.Error("every connection ends with a query that is not answered")
	}
}

func TestAClientLeavesWhenItIsTold(t *testing.T) {
	t.Parallel()
	addr := serveKept(t, func(n int, query []byte) []byte {
		m := new(dns.Msg)
		if err := m.Unpack(query); err != nil || m.IsEdns0() == nil {
			return nil
		}
		answer := new(dns.Msg).SetReply(m)
		answer.SetEdns0(1232, false)
		wait := uint16(100)
		if n == 3 {
			wait = 0
		}
		answer.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_TCP_KEEPALIVE{Code: dns.EDNS0TCPKEEPALIVE, Timeout: wait, Length: 2}}
		b, _ := answer.Pack()
		return b
	})
	r := runKept(t, KeptConfig{Config: Config{Mode: TCP, Addr: addr, QPS: 200}, Connections: 2, Keepalive: true})
	if r.Left == 0 || r.Cut+r.Closed+r.Reset > 0 || r.Answered != r.Sent {
		t.Error("clients leave in peace")
	}
}

func TestDoH(t *testing.T) {
	t.Parallel()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{certificate(t)},
		NextProtos:   []string{"h2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil || len(query) < headerSize {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/dns-message")
		_, _ = w.Write(echo(query))
	})}
	server.Protocols.SetHTTP2(true)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	addr := listener.Addr().String()
	if r := run(t, Config{Mode: DoH, Addr: addr, QPS: 50, Duration: time.Second / 2}); r.Answered != r.Sent || r.Sent == 0 {
		t.Error("not every query on a connection of its own was answered")
	}
	if r := runKept(t, KeptConfig{Config: Config{Mode: DoH, Addr: addr, QPS: 100}, Connections: 2}); r.Answered != r.Sent {
		t.Error("not every query on a kept connection was answered")
	}
}

func TestRefusedKeptConfigs(t *testing.T) {
	for want, c := range map[string]KeptConfig{
		"over UDP":      {Config: Config{Mode: UDP}},
		"cannot keep":   {Config: Config{Mode: TCP}, Connections: 5000},
		"over HTTP or":  {Config: Config{Mode: DoQ}, Keepalive: true},
		"RFC 7828":      {Config: Config{Mode: DoH}, Keepalive: true},
		"only loopback": {Config: Config{Mode: TCP, Addr: "192.0.2.1:53", Name: "x", QPS: 1, Duration: time.Second}},
	} {
		if _, err := RunKept(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
