// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"maps"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// How long a worker may finish what it works on is changed without a restart,
// and bounds the next one.
func TestTheDrainDeadlineBoundsAStop(t *testing.T) {
	var silent net.PacketConn // takes queries and never answers
	if err := sut.InNetNS(func() (err error) {
		silent, err = net.ListenPacket("udp", "127.0.0.1:5301")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	freshRoll(t, with("2", everywhere)+`
forward:
  - {subtree: silent.example, servers: ["127.0.0.1@5301"], options: {dnssec: false}}
`)
	before := sut.PIDs(t)
	sut.Put(t, "/systemd/drain-deadline", `"700ms"`)
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	// A few, so that both workers get some.
	for range 16 {
		conn, err := sut.Dial(t.Context(), "udp", "127.0.0.1:53")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := (&dns.Conn{Conn: conn}).WriteMsg(new(dns.Msg).SetQuestion("silent.example.", dns.TypeA)); err != nil {
			t.Fatal(err)
		}
	}
	sut.Must(t, "systemctl", "restart", "kresd@1.service")
	if log := sut.Journal(t.Context(), "kresd@1.service"); !strings.Contains(log, "worker 1 still has queries in progress") {
		t.Errorf("the queries in progress were waited for, or not at all:\n%s", log)
	}
}
