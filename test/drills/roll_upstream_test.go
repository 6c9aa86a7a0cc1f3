// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/load"
)

// slow has what is below slow.example asked of a server that takes its time.
const slow = everywhere + `
forward:
  - subtree: slow.example
    servers: ["127.0.0.1@5300"]
    options: {dnssec: false}
`

// upstream answers inside the machine, on 127.0.0.1 port 5300, each query after
// 300 ms.
func upstream(t *testing.T) {
	t.Helper()
	sut.ServeDNS(t, "127.0.0.1:5300", func(query *dns.Msg) *dns.Msg {
		time.Sleep(300 * time.Millisecond)
		answer := new(dns.Msg).SetReply(query)
		answer.RecursionAvailable = true
		if query.Question[0].Qtype == dns.TypeA {
			answer.Answer = []dns.RR{&dns.A{
				Hdr: dns.RR_Header{Name: query.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60},
				A:   net.IPv4(192, 0, 2, 7),
			}}
		}
		return answer
	})
}

// No one who waits for a slow server over UDP loses a query. Connections that
// are kept end between two queries, and where there is no such moment, after
// the answers; what remains is printed.
func TestRollLosesNoQueryThatWaitsForASlowServer(t *testing.T) {
	upstream(t)
	freshRoll(t, with("2", slow))
	datagrams := at(load.UDP, "127.0.0.1:53", 200)
	datagrams.Name, datagrams.Unique = "slow.example.", true
	names := 0
	kept := func(mode load.Mode, addr string, qps int, keepalive bool) load.KeptConfig {
		c := load.KeptConfig{Config: at(mode, addr, qps), Connections: 12, Keepalive: keepalive}
		names++ // each asks for names that no cache has from another
		c.Name, c.Unique = fmt.Sprintf("kept%d.slow.example.", names), true
		return c
	}
	lossless(t, under(t, func() {
		for _, r := range underKept(t, roll(t),
			kept(load.TCP, "127.0.0.1:53", 16, false), // now and then
			kept(load.TLS, "127.0.0.1:853", 16, false),
			kept(load.TCP, "127.0.0.1:53", 16, true),
			kept(load.TCP, "127.0.0.1:53", 32, false),  // mostly one in progress
			kept(load.TCP, "127.0.0.1:53", 200, false), // always some
			kept(load.TCP, "127.0.0.1:53", 200, true)) {
			if r.Refused+r.Wrong+r.Late > 0 {
				t.Errorf("connections were refused, or queries not answered on open ones: %v", r)
			}
		}
	}, datagrams)...)
}

// Queries in progress on connections are answered before the worker closes
// them, also by one that is restarted by hand.
func TestQueriesInProgressOnConnectionsAreAnswered(t *testing.T) {
	upstream(t)
	freshRoll(t, with("2", slow))
	type asked struct {
		conn net.Conn
		name string
	}
	var all []asked
	for i := range 24 {
		conn, err := sut.Dial(t.Context(), "tcp", "127.0.0.1:53")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		all = append(all, asked{conn, "q" + strconv.Itoa(i) + ".slow.example."})
	}
	for i, a := range all {
		query := new(dns.Msg).SetQuestion(a.name, dns.TypeA)
		query.Id = uint16(i)
		b, err := query.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
			t.Fatal(err)
		}
	}
	sut.Must(t, "systemctl", "restart", "kresd@1.service", "kresd@2.service")
	closed := 0
	for i, a := range all {
		_ = a.conn.SetDeadline(time.Now().Add(10 * time.Second))
		var length [2]byte
		if _, err := io.ReadFull(a.conn, length[:]); err != nil {
			t.Errorf("%s is not answered: %v", a.name, err)
			continue
		}
		b := make([]byte, binary.BigEndian.Uint16(length[:]))
		_, err := io.ReadFull(a.conn, b)
		answer := new(dns.Msg)
		if err != nil || answer.Unpack(b) != nil || answer.Id != uint16(i) || len(answer.Answer) != 1 {
			t.Errorf("%s is answered with %v, %v", a.name, answer, err)
		}
		if _, err := a.conn.Read(b); err == io.EOF {
			closed++
		} else {
			t.Errorf("the connection of %s ended with %v", a.name, err)
		}
	}
	t.Logf("%d of %d connections closed in order", closed, len(all))
}
