// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/test/load"
	"kresd-manager/test/machine"
)

// everywhere has four workers on every kind of address and connection.
const everywhere = `
workers: 4
network:
  listen:
    - interface: [127.0.0.1, "::1", 127.0.0.2]
    - interface: [0.0.0.0, "::"]
      port: 5353
    - {interface: 127.0.0.1, kind: dot}
    - {interface: 127.0.0.1, kind: doh2}
  tls: {cert-file: /etc/knot-resolver/drill.crt, key-file: /etc/knot-resolver/drill.key}
dnssec: {enable: false}
options: {priming: false}
systemd: {drain-deadline: 10s} # for machines that are busy with something else
local-data:
  addresses:
    host.example: 192.0.2.1
`

// freshRoll is fresh for everywhere or a variation of it. Workers without a
// certificate make one when the first client comes, and refuse that if another
// worker does so at the same moment: no matter of a roll.
func freshRoll(t *testing.T, config string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"drill.example"}}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		"/etc/knot-resolver/drill.crt": {Type: "CERTIFICATE", Bytes: certificate},
		"/etc/knot-resolver/drill.key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := sut.WriteFile(path, pem.EncodeToMemory(block), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sut.Fresh(t, config)
}

// with is such a configuration with another number of workers.
func with(workers, config string) string {
	return strings.Replace(config, "workers: 4", "workers: "+workers, 1)
}

// lead is how long load runs before and after what is done under it.
const lead = 400 * time.Millisecond

// at is load on an address for the name of everywhere.
func at(mode load.Mode, addr string, qps int) load.Config {
	return load.Config{Enter: sut.InNetNS, Mode: mode, Addr: addr, Name: "host.example.", QPS: qps, Duration: 50 * time.Second, Timeout: 20 * time.Second}
}

// under runs f while all these loads run and returns what became of each.
func under(t *testing.T, f func(), loads ...load.Config) []load.Report {
	t.Helper()
	reports := make([]load.Report, len(loads))
	during(t, f, len(loads), func(ctx context.Context, i int) (err error) {
		reports[i], err = load.Run(ctx, loads[i])
		return err
	})
	for i, r := range reports {
		t.Logf("%s %s: %v", loads[i].Mode, loads[i].Addr, r)
		if r.Sent < 10 {
			t.Errorf("only %d queries were sent", r.Sent)
		}
	}
	return reports
}

// underKept is under for connections that stay open.
func underKept(t *testing.T, f func(), loads ...load.KeptConfig) []load.KeptReport {
	t.Helper()
	reports := make([]load.KeptReport, len(loads))
	during(t, f, len(loads), func(ctx context.Context, i int) (err error) {
		reports[i], err = load.RunKept(ctx, loads[i])
		return err
	})
	for i, r := range reports {
		t.Logf("%s %s, keepalive %t: %v", loads[i].Mode, loads[i].Addr, loads[i].Keepalive, r)
		if r.Sent < 10 {
			t.Errorf("only %d queries were sent", r.Sent)
		}
	}
	return reports
}

// during runs f while n loads run.
func during(t *testing.T, f func(), n int, one func(context.Context, int) error) {
	t.Helper()
	machine.Alone(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = one(ctx, i) })
	}
	time.Sleep(lead)
	began := time.Now()
	f()
	t.Logf("done under load in %v", time.Since(began).Round(time.Millisecond))
	time.Sleep(lead)
	stop()
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// lossless fails the test if a query was lost, but for datagrams that the
// kernel has dropped because a busy machine did not read them in time.
func lossless(t *testing.T, reports ...load.Report) {
	t.Helper()
	lost, dropped := 0, 0
	for _, r := range reports {
		lost += r.Lost
		dropped = max(dropped, r.RcvbufErrors) // of the machine, so of all
		if r.Errors > 0 || r.Wrong > 0 {
			t.Errorf("%d queries were refused, %d answered wrongly", r.Errors, r.Wrong)
		}
	}
	if lost > dropped {
		t.Errorf("%d queries were lost, of which full buffers explain %d", lost, dropped)
	}
}

// roll makes a change that restarts all workers, one by one.
func roll(t *testing.T) func() {
	return func() {
		t.Helper()
		rolls++
		if plan := sut.Put(t, "/nsid", `"`+strings.Repeat("x", rolls)+`"`); plan.Empty() {
			t.Error("nothing was restarted")
		}
	}
}

var rolls int
