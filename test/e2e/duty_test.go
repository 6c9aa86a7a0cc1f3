// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/units"
)

// onDuty has what is below up.example asked of a server of the test, which signs
// nothing, and so what is below bogus.example, though a trust anchor says otherwise.
const onDuty = `
workers: 2
network:
  listen:
    - interface: 127.0.0.1
    - interface: 127.0.0.1@853
      kind: dot
    - interface: 127.0.0.1@443
      kind: doh2
dnssec:
  trust-anchors:
    - bogus.example. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
    - ANCHOR
  signal-query: false
forward:
  - subtree: up.example
    servers: ["127.0.0.1@5300"]
    options: {dnssec: false}
  - subtree: bogus.example
    servers: ["127.0.0.1@5300"]
  - subtree: signed.example
    servers: ["127.0.0.1@5301"]
views:
  - subnets: [192.0.2.0/24]
    answer: refused
local-data:
  addresses:
    host.example: 192.0.2.1
`

// unsigned answers on 127.0.0.1 port 5300 of the machine.
func unsigned(t *testing.T) {
	t.Helper()
	sut.ServeDNS(t, "127.0.0.1:5300", func(query *dns.Msg) *dns.Msg {
		answer := new(dns.Msg).SetReply(query)
		answer.RecursionAvailable = true
		name := query.Question[0].Name
		switch {
		case strings.HasPrefix(strings.ToLower(name), "alias."):
			answer.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}, Target: "www.up.example."}}
		case query.Question[0].Qtype == dns.TypeA:
			answer.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(192, 0, 2, 7)}}
		}
		return answer
	})
}

// TestOnDuty has every command of someone on duty ask real daemons.
func TestOnDuty(t *testing.T) {
	unsigned(t)
	zones := newSignedZones(t)
	zones.serve(t)
	sut.Fresh(t, strings.Replace(onDuty, "ANCHOR", zones.anchor(), 1))
	before := sut.PIDs(t)
	says := func(args []string, patterns ...string) string {
		t.Helper()
		out := sut.Must(t, append([]string{"kresctl"}, args...)...)
		for _, p := range patterns {
			if !regexp.MustCompile("(?m)" + p).MatchString(out) {
				t.Errorf("kresctl %q does not say %s:\n%s", args, p, out)
			}
		}
		return out
	}
	command := strings.Fields

	says(command("upstreams"), `no server has answered since`) // counting begins
	says(command("version"), `^kresd +6\.`, `^systemd +2\d\d`, `^kresd-manager +\S`)
	says(command("units"), `^kresd@1.service +active +current +\d+ +[\d.]+M`, `^kres-gc.service +active`)
	says(command("query host.example"), `^host.example. A: NOERROR, 1 record, `, `^from 127.0.0.1@53 over UDP in `, `^host.example. \d+ IN A 192.0.2.1$`)
	says(command("query --tcp www.up.example"), ` over TCP in `, `^www.up.example. \d+ IN A 192.0.2.7$`)
	says(command("query --tls host.example"), `^from 127.0.0.1@853 over TLS in `, `^host.example. \d+ IN A 192.0.2.1$`)
	says(command("query --https host.example"), `^from 127.0.0.1@443 over HTTPS in `, `^host.example. \d+ IN A 192.0.2.1$`)
	if r := sut.Exec(t, "kresctl", "query", "x.bogus.example"); r.Code != 1 || !strings.Contains(r.Stdout, "SERVFAIL") || !strings.Contains(r.Stdout, "(EDE ") {
		t.Errorf("a bogus name: %d %s%s", r.Code, r.Stdout, r.Stderr)
	}

	// One request's way: from a server, from the cache, along an alias, by a rule, by a view, and refused by DNSSEC.
	says(command("trace a.up.example"), `^a.up.example. A: NOERROR in `, `^through kresd@1.service$`, `not in the cache$`,
		`asks 127.0.0.1:5300.* over UDP for a.up.example. A`, `127.0.0.1:5300 answers after \d+ ms`, `^a.up.example. 60 A 192.0.2.7$`)
	says(command("trace --worker 2 a.up.example"), `^through kresd@2.service$`, `in the cache for \d+ s more`)
	says(command("trace alias.up.example"), `^alias.up.example. 60 CNAME www.up.example.$`)
	says(command("trace host.example"), `  local data`, `^host.example. \d+ A 192.0.2.1$`)
	says(command("trace --from 192.0.2.9 host.example"), `: REFUSED in `, `view for this client: `)
	says(command("trace --from 198.51.100.1 host.example"), `: NOERROR in `)
	says(command("trace y.bogus.example"), `: SERVFAIL in `, `127.0.0.1:5300 answers NOERROR after`, `^why: .*\(EDE `)
	zones.expectTraces(t)
	says(command("trace -v b.up.example"), `^what kresd says:$`, `\[resolv\]`)
	var traced units.Trace
	if err := json.Unmarshal([]byte(says(command("trace --json c.up.example"))), &traced); err != nil || traced.RCode != "NOERROR" || len(traced.Lines) == 0 || len(traced.Answer) != 1 || traced.Answer[0] != "c.up.example. 60 A 192.0.2.7" {
		t.Errorf("as JSON: %+v, %v", traced, err)
	}
	for _, name := range []string{"') os.execute('touch /run/knot-resolver/work/pwned') --", "]]os.exit()--[[", `\`, `a\000b`, `\"`, "'", "%s%n"} {
		r := sut.Exec(t, "kresctl", "trace", name+".up.example")
		if r.Code > 1 || strings.Contains(r.Stderr, "no worker answers") {
			t.Errorf("trace %q: %d %s%s", name, r.Code, r.Stdout, r.Stderr)
		}
	}
	if r := sut.Exec(t, "test", "-e", "/run/knot-resolver/work/pwned"); r.Code == 0 {
		t.Error("a name was carried out as Lua")
	}
	if log := sut.Journal(t.Context(), "kresd@1.service", "kresd@2.service"); strings.Contains(log, "[resolv]") || strings.Contains(log, "querying:") {
		t.Errorf("traces are in the journal:\n%s", log)
	}
	if after := sut.PIDs(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("processes were %v and are %v", before, after)
	}

	says(command("upstreams"), `^127.0.0.1 +\d+ +\d`, `^kresd@1.service +\d+ +\d+ +\d+`)
	says(command("cache stats"), `^\d+ entries, [\d.]+ % of 100.0M in use$`, `answers came from the cache alone$`, `^kresd@2.service +\d+ `)
	var busy sync.WaitGroup
	var stop atomic.Bool
	var asked, lost atomic.Int64
	busy.Go(func() {
		for !stop.Load() {
			if _, err := sut.Query("udp", "host.example.", 5*time.Second); err != nil {
				lost.Add(1)
			}
			asked.Add(1)
		}
	})
	says(command("top -n 1 --interval 500ms"), `^[\d.]+ queries/s, cache [\d.]+ % full, \d+ entries$`, `^kresd@1 +[\d.]+ .*\d+M$`, `^all +[1-9][\d.]*`)
	says(command("check"), `^OK - 2 of 2 workers serve, cache \d+% full \| workers=2;;;0;2 cache=[\d.]+%;90;98;0;100 entries=\d+;;;0 degraded_sources=0;;;0$`)
	says(command("debug --print-only 1"), fmt.Sprintf(`^gdb -p %d$`, before["kresd@1.service"]))

	// Restarts: the named one, then all, and no query is lost.
	entries := len(says(command("history")))
	says(command("restart 2"), `^restart worker 2 `)
	after := sut.PIDs(t)
	if after["kresd@1.service"] != before["kresd@1.service"] || after["kresd@2.service"] == before["kresd@2.service"] || after["kres-gc.service"] != before["kres-gc.service"] {
		t.Errorf("after the restart of one: %v, before %v", after, before)
	}
	says(command("restart"), `^restart workers 1, 2, one at a time`)
	if last := sut.PIDs(t); last["kresd@1.service"] == after["kresd@1.service"] || last["kresd@2.service"] == after["kresd@2.service"] || last["kres-gc.service"] != after["kres-gc.service"] {
		t.Errorf("after the restart of all: %v, before %v", last, after)
	}
	stop.Store(true)
	busy.Wait()
	if lost.Load() > 0 || asked.Load() == 0 {
		t.Errorf("%d of %d queries were lost", lost.Load(), asked.Load())
	}
	if now := len(says(command("history"))); now != entries {
		t.Error("a restart is in the history")
	}

	// Where there is no manager no one says that all is well.
	sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
	if r := sut.Exec(t, "kresctl", "check"); r.Code != 3 || !strings.HasPrefix(r.Stdout, "UNKNOWN - the manager cannot be asked: ") {
		t.Errorf("check without a manager: %d %s%s", r.Code, r.Stdout, r.Stderr)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}
