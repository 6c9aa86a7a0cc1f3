// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"
)

// serveUDP answers every datagram with what reply makes of it; nil is silence.
func serveUDP(t *testing.T, reply func(number int, query []byte) []byte) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.UDPConn).SetReadBuffer(4 << 20)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for number := 0; ; number++ {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer := reply(number, buffer[:n]); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}

// echo turns a query into a successful answer without records.
func echo(query []byte) []byte {
	query[2] |= 0x80
	return query
}

// serveStream answers one query on each connection of a listener; every nth connection
// is closed without an answer.
func serveStream(t *testing.T, listener net.Listener, nth int) string {
	t.Helper()
	go func() {
		for number := 1; ; number++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var length [2]byte
				if _, err := io.ReadFull(conn, length[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(length[:]))
				if _, err := io.ReadFull(conn, query); err != nil || number%nth == 0 {
					return
				}
				_, _ = conn.Write(append(length[:], echo(query)...))
			}()
		}
	}()
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

func run(t *testing.T, c Config) Report {
	t.Helper()
	machine.Alone(t)
	if c.Name == "" {
		c.Name = "load.test."
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r)
	if r.Sent != r.Answered+r.Wrong+r.Lost+r.Errors {
		t.Errorf("the sum is not right")
	}
	if r.Lost+r.Errors != len(r.LossAt) {
		t.Errorf("%d times of losses for %d", len(r.LossAt), r.Lost+r.Errors)
	}
	return r
}

func TestUDPAtAConstantRate(t *testing.T) {
	addr := serveUDP(t, func(_ int, query []byte) []byte { return echo(query) })
	r := run(t, Config{Addr: addr, QPS: 2_000, Duration: time.Second}) // which a busy machine can send, too
	if r.Answered != r.Sent || r.Stray != 0 {
		t.Errorf("not every query was answered once")
	}
	if r.Sent < 1_600 || r.Sent > 2_001 {
		t.Errorf("sent %d queries in a second, want 2000", r.Sent)
	}
	if r.Median <= 0 || r.Median > r.P99 || r.P99 > r.Worst {
		t.Errorf("the times are out of order")
	}
}

func TestUDPLossesAreFound(t *testing.T) {
	addr := serveUDP(t, func(number int, query []byte) []byte {
		switch {
		case number%100 == 7: // lost
			return nil
		case number%100 == 8: // wrong code
			query[3] |= 2
		case number%100 == 9: // wrong question
			query[14] ^= 1
		}
		return echo(query)
	})
	r := run(t, Config{Addr: addr, QPS: 5_000, Duration: time.Second / 2, Timeout: 300 * time.Millisecond})
	hundreds := r.Sent / 100
	if r.Lost < hundreds || r.Lost > hundreds+1 || r.Wrong < 2*hundreds || r.Wrong > 2*hundreds+2 {
		t.Errorf("found %d lost and %d wrong answers, want %d and twice as many", r.Lost, r.Wrong, hundreds)
	}
}

func TestUDPLateAnswersAreLost(t *testing.T) {
	addr := serveUDP(t, func(_ int, query []byte) []byte {
		time.Sleep(30 * time.Millisecond)
		return echo(query)
	})
	r := run(t, Config{Addr: addr, QPS: 20, Duration: time.Second / 4, Timeout: 10 * time.Millisecond})
	if r.Lost != r.Sent {
		t.Errorf("%d of %d are lost", r.Lost, r.Sent)
	}
}

func TestUDPRefusalsAreCountedOneByOne(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := conn.LocalAddr().String()
	conn.Close()
	r := run(t, Config{Addr: addr, QPS: 2_000, Sources: 4, Duration: time.Second / 4, Timeout: time.Second})
	// The kernel limits how many it sends: the rest is lost.
	if r.Errors == 0 || r.Answered != 0 {
		t.Errorf("no query was refused")
	}
	if r.NoPorts < r.Errors {
		t.Errorf("NoPorts grew by %d for %d refusals", r.NoPorts, r.Errors)
	}
}

func TestIPv6(t *testing.T) {
	conn, err := net.ListenPacket("udp", "[::1]:0")
	if err != nil {
		t.Skip("this host has no IPv6 loopback")
	}
	addr := conn.LocalAddr().String()
	conn.Close()
	if r := run(t, Config{Addr: addr, QPS: 100, Duration: time.Second / 10, Timeout: time.Second / 10}); r.Errors == 0 {
		t.Errorf("no query was refused")
	}
}

func TestStoppedEarly(t *testing.T) {
	addr := serveUDP(t, func(_ int, query []byte) []byte { return echo(query) })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	r, err := Run(ctx, Config{Addr: addr, Name: "load.test", QPS: 1_000, Duration: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r)
	if r.Sent == 0 || r.Sent > 400 || r.Answered != r.Sent || r.Took > 30*time.Second {
		t.Errorf("a run stopped after 200ms")
	}
}

func TestTCP(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, Config{Mode: TCP, Addr: serveStream(t, listener, 10), QPS: 500, Duration: time.Second / 2})
	if r.Lost+r.Wrong != 0 || r.Errors != r.Sent/10 {
		t.Errorf("every tenth connection was cut")
	}
	listener.Close()
	r = run(t, Config{Mode: TCP, Addr: listener.Addr().String(), QPS: 100, Duration: time.Second / 10})
	if r.Errors != r.Sent || r.Sent == 0 {
		t.Errorf("every connection was refused")
	}
}

func TestTCPSilenceIsLoss(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // no one accepts
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	r := run(t, Config{Mode: TCP, Addr: listener.Addr().String(), QPS: 100, Duration: time.Second / 10, Timeout: time.Second / 5})
	if r.Lost != r.Sent || r.Sent == 0 {
		t.Errorf("every query was lost")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{certificate(t)},
		NextProtos:   []string{"dot"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, Config{Mode: TLS, Addr: serveStream(t, listener, 1_000_000), QPS: 50, Duration: time.Second / 2})
	if r.Answered != r.Sent || r.Sent == 0 {
		t.Errorf("not every query was answered")
	}
}

func TestRefusedConfigs(t *testing.T) {
	good := Config{Addr: "127.0.0.1:53", Name: "load.test", QPS: 1, Duration: time.Second}
	for _, test := range []struct {
		name, want string
		change     func(*Config)
	}{
		{"another host", "only loopback", func(c *Config) { c.Addr = "192.0.2.1:53" }},
		{"every address", "only loopback", func(c *Config) { c.Addr = "0.0.0.0:53" }},
		{"a name instead of an address", "cannot read", func(c *Config) { c.Addr = "localhost:53" }},
		{"too fast", "queries per second", func(c *Config) { c.QPS = MaxQPS + 1 }},
		{"too long", "the limit is", func(c *Config) { c.Duration = MaxDuration + 1 }},
		{"unknown mode", "the modes are", func(c *Config) { c.Mode = "sctp" }},
		{"too few ids", "16-bit", func(c *Config) { c.QPS, c.Sources = MaxQPS, 1 }},
		{"a name that is none", "cannot ask", func(c *Config) { c.Name = strings.Repeat("x", 64) + ".test" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestParseCounters(t *testing.T) {
	snmp := "Tcp: A NoPorts\nTcp: 1 99\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\nUdp: 10 2 3 4 5\nUdpLite: InDatagrams NoPorts\nUdpLite: 7 7\n"
	snmp6 := "Udp6NoPorts                     \t30\nUdp6RcvbufErrors                \t40\nUdpLite6NoPorts\t9\n"
	if got, want := parseCounters([]byte(snmp), []byte(snmp6)), (counters{rcvbufErrors: 45, noPorts: 32}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
