// SPDX-License-Identifier: Apache-2.0

// Package oracle holds what we render against what Knot Resolver's own program
// renders: the same configuration, carried out by real resolvers, must be
// observed alike. It compares no text, only what resolvers do.
//
// Each side of each case has a network namespace of its own inside the
// machine, so that both listen on the same addresses and neither reaches
// anything but the servers of the test.
package oracle

import (
	"crypto/tls"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kresd-manager/test/machine"
)

// sut is the machine that all cases share.
var sut *machine.Machine

func TestMain(m *testing.M) {
	os.Exit(machine.Main(m, machine.Options{Name: "oracle"}, &sut))
}

// testCase is one configuration and how it is looked at.
//
// In all texts DIR is the folder of the case and PKI that of the certificates;
// SERVER_PIN, TRUST_ANCHOR and WRONG_ANCHOR are the pin of the server's key,
// the trust anchor of signed.example and one that does not fit.
type testCase struct {
	name string
	// config is sections; those of base that it does not have are added.
	config string
	// files are written to the folder of the case, by their name in it.
	files map[string]string
	// queries are asked in this order, see [parseQuery].
	queries []string
	// want is what our side must be, by observation. What is equal on both
	// sides needs it only where both could fail alike.
	want map[string]string
	// differs is why an observation is another on the two sides. It must be.
	differs map[string]string
	// sessions makes our side resume TLS sessions of the stock side.
	sessions tls.ClientSessionCache
	// chance is observations that may differ from run to run.
	chance []string
	// stockFails is why the stock side cannot be observed at all, stage first:
	// "convert: …", "loader: …" or "worker: …". It must fail there.
	stockFails string
	// oursFails is the same for our side. Together with stockFails both refuse,
	// and we should do so early; alone it is a defect, or strictness to tell of.
	oursFails string
}

// base is what cases start from: nothing in it asks anyone.
var base = map[string]string{
	"network":    "network: {listen: [{interface: 127.0.0.1}]}\n",
	"options":    "options: {priming: false}\n",
	"dnssec":     "dnssec: {enable: false}\n",
	"logging":    "logging: {target: stderr}\n",
	"cache":      "cache: {storage: DIR/SIDE/cache, size-max: 10M}\n",
	"local-data": "local-data: {addresses: {host.example: 192.0.2.1}}\n",
}

// document is the whole configuration of one side.
func (c *testCase) document(dir, side string) string {
	text := "rundir: DIR/SIDE\n"
	for _, section := range slices.Sorted(maps.Keys(base)) {
		if !strings.Contains("\n"+c.config, "\n"+section+":") {
			text += base[section]
		}
	}
	text += strings.TrimSuffix(c.config, "\n") + "\n"
	return strings.NewReplacer("DIR", dir, "SIDE", side).Replace(fill(text))
}

// everywhere is the differences that all cases have.
var everywhere = map[string]string{
	"network receive buffers": "queries that come in while a worker stops or starts wait in the socket; the kernel's default holds few",
}

// cases is all tables.
func cases() []testCase {
	return slices.Concat(optionCases, networkCases, transportCases, viewCases, localDataCases, ruleCases, forwardCases, cacheCases, dnssecCases, miscCases, refusedCases)
}

func TestOracle(t *testing.T) {
	all := cases()
	names := map[string]bool{}
	for i := range all {
		if names[all[i].name] {
			t.Fatalf("two cases have the name %q", all[i].name)
		}
		names[all[i].name] = true
	}
	start := time.Now()
	writePKI(t)
	program := startStock(t)
	var ran, failures, refused, defects, differences atomic.Int64
	t.Run("cases", func(t *testing.T) {
		for i, c := range all {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				ran.Add(1)
				c.run(t, program, filepath.Join("/tmp/o", strconv.Itoa(i)))
				switch {
				case c.stockFails != "" && c.oursFails != "":
					refused.Add(1)
				case c.stockFails != "":
					failures.Add(1)
				case c.oursFails != "":
					defects.Add(1)
				}
				differences.Add(int64(len(c.differs)))
			})
		}
	})
	t.Logf("%d configurations in %.0f s: stock fails on %d, both on %d, ours on %d; %d observations differ by intention",
		ran.Load(), time.Since(start).Seconds(), failures.Load(), refused.Load(), defects.Load(), differences.Load())
}

// run carries out both sides at the same time and compares them.
func (c *testCase) run(t *testing.T, program *stockProgram, dir string) {
	stockTexts, oursTexts := c.render(t, program, dir)
	var stock, ours result
	done := make(chan struct{})
	go func() {
		defer close(done)
		stock = c.observe(t.Context(), dir, "stock", stockTexts)
	}()
	if c.sessions != nil {
		<-done
	}
	ours = c.observe(t.Context(), dir, "ours", oursTexts)
	<-done

	fails := func(side, because string, r result) {
		if stage, _, _ := strings.Cut(because, ":"); r.stage != stage {
			t.Errorf("%s fails in stage %q, want it by %q\n%s", side, r.stage, because, r.output)
		}
	}
	fails("ours", c.oursFails, ours)
	fails("stock", c.stockFails, stock)
	if ours.stage != "" {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(c.want)) {
		if got, ok := ours.seen[key]; !ok || got != c.want[key] {
			t.Errorf("%s: ours is\n\t%s\nwant\n\t%s", key, got, c.want[key])
		}
	}
	if stock.stage == "" {
		c.compare(t, stock.seen, ours.seen)
	}
	if testing.Verbose() && os.Getenv("ORACLE_SHOW") != "" {
		for _, key := range slices.Sorted(maps.Keys(ours.seen)) {
			t.Logf("%s: %s", key, ours.seen[key])
		}
	}
}

// compare fails the test where the sides differ and should not, or do not and
// should. The difference "rules" is that of any rule.
func (c *testCase) compare(t *testing.T, stock, ours map[string]string) {
	t.Helper()
	differs := maps.Clone(everywhere)
	maps.Copy(differs, c.differs)
	both := maps.Clone(stock)
	maps.Copy(both, ours)
	found := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(both)) {
		if stock[key] == ours[key] || slices.Contains(c.chance, key) {
			continue
		}
		title := key
		if strings.HasPrefix(key, "rule ") && differs["rules"] != "" {
			title = "rules"
		}
		found[title] = true
		if differs[title] == "" {
			t.Errorf("%s: stock\n\t%s\nours\n\t%s", key, stock[key], ours[key])
		}
	}
	for key, reason := range differs {
		if !found[key] {
			t.Errorf("%s: both are %q, and should differ: %s", key, ours[key], reason)
		}
	}
}
