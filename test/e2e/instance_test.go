// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/tls"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/product"
)

// named gives each worker a name of its own, w1 and w2, in the option NSID.
const named = "nsid: w\n" + basic

// whoAnswers asks once and returns the name of the worker; resumed reports
// whether a TLS session was.
func whoAnswers(t *testing.T, network, address string, sessions tls.ClientSessionCache) (worker string, resumed bool) {
	t.Helper()
	q := new(dns.Msg)
	q.SetQuestion("host.example.", dns.TypeA)
	q.SetEdns0(1232, false)
	q.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_NSID{Code: dns.EDNS0NSID}}
	client := dns.Client{Net: network, Timeout: 5 * time.Second, TLSConfig: &tls.Config{
		InsecureSkipVerify: true, ServerName: "host.example", MinVersion: tls.VersionTLS13, ClientSessionCache: sessions, // a self-signed one
		VerifyConnection: func(c tls.ConnectionState) error { resumed = c.DidResume; return nil },
	}}
	var in *dns.Msg
	if err := sut.InNetNS(func() (err error) {
		in, _, err = client.Exchange(q, address)
		return err
	}); err != nil {
		t.Fatalf("%s over %s: %v", address, network, err)
	}
	if len(in.Answer) != 1 || in.IsEdns0() == nil {
		t.Fatalf("%s over %s: %v", address, network, in)
	}
	for _, o := range in.IsEdns0().Option {
		if o, ok := o.(*dns.EDNS0_NSID); ok {
			name, _ := hex.DecodeString(o.Nsid)
			worker = string(name)
		}
	}
	return worker, resumed
}

// all asks until every worker has answered, and hands each answer to f.
func all(t *testing.T, network, address string, sessions tls.ClientSessionCache, f func(worker string, resumed bool)) {
	t.Helper()
	seen := map[string]bool{}
	for range 200 {
		worker, resumed := whoAnswers(t, network, address, sessions)
		seen[worker] = true
		f(worker, resumed)
		if seen["w1"] && seen["w2"] {
			return
		}
	}
	t.Fatalf("200 answers over %s came from %v", network, seen)
}

func TestEachWorkerHasAName(t *testing.T) {
	sut.Fresh(t, named)
	all(t, "udp", "127.0.0.1:53", nil, func(worker string, _ bool) {
		if worker != "w1" && worker != "w2" {
			t.Errorf("a worker is called %q", worker)
		}
	})
}

// TestLuaListensForOneInstance splits addresses between workers.
func TestLuaListensForOneInstance(t *testing.T) {
	sut.Fresh(t, named+`
lua:
  script: |
    local mine = ({ ['1'] = '127.0.0.11', ['2'] = '127.0.0.12' })[worker.id]
    if mine then net.listen(mine, 53, { kind = 'dns' }) end
`)
	for range 20 {
		for address, want := range map[string]string{"127.0.0.11:53": "w1", "127.0.0.12:53": "w2"} {
			for _, network := range []string{"udp", "tcp"} {
				if got, _ := whoAnswers(t, network, address, nil); got != want {
					t.Errorf("%s over %s is served by %s, want %s", address, network, got, want)
				}
			}
		}
	}
}

// TestSessionsResumeOnAnyWorker does so with the secret that workers share
// by themselves, and with one that is configured; also on a worker that is new
// after a crash.
func TestSessionsResumeOnAnyWorker(t *testing.T) {
	for name, config := range map[string]string{
		"a shared secret":     named,
		"a configured secret": strings.Replace(named, "network:\n", "network:\n  tls: {sticket-secret: 'more than thirty-two bytes of secret'}\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			sut.Fresh(t, config)
			sessions := tls.NewLRUClientSessionCache(1)
			if _, resumed := whoAnswers(t, "tcp-tls", "127.0.0.1:853", sessions); resumed {
				t.Fatal("the first session is resumed")
			}
			resume := func(when string) {
				t.Helper()
				all(t, "tcp-tls", "127.0.0.1:853", sessions, func(worker string, resumed bool) {
					if !resumed {
						t.Errorf("%s: %s does not resume the session", when, worker)
					}
				})
			}
			resume("at first")
			for _, unit := range []string{"kresd@1.service", "kresd@2.service"} {
				before := sut.PIDs(t)[unit]
				sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", unit)
				product.Eventually(t, unit+" is back", func() bool {
					now := sut.PIDs(t)[unit]
					return now != 0 && now != before && sut.Exec(t, "systemctl", "is-active", unit).Code == 0
				})
				resume("after a crash of " + unit)
				// Nor did it erase the rules as it came back.
				for range 10 {
					sut.Expect(t, "host.example.", "192.0.2.1")
				}
			}
			sut.Must(t, "systemctl", "restart", "kresd-manager.service")
			sut.Put(t, "/options/minimize", "false")
			resume("after a rolling restart")
		})
	}
}
