// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
)

// BenchmarkGates is make bench-fleet: it measures what a fleet of 1,000 hosts asks of an
// etcd, and what it does when that breaks, prints that, and writes it into the document. It
// fails where a gate is missed.
func BenchmarkGates(b *testing.B) {
	var g gates
	b.Run("thousand", func(b *testing.B) { thousand(b, &g) })
	b.Run("notice", func(b *testing.B) { notice(b, &g) })
	b.Run("broken", func(b *testing.B) { broken(b, &g) })
	b.Run("stopped", func(b *testing.B) {
		w := newWorld(b, 30, time.Minute)
		w.stoppedLeader(15*time.Second, time.Minute)
		g.add("a leader that is stopped for a minute: late writes that were taken", float64(w.late), 0, "")
	})
	info, err := os.Stdout.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	fmt.Print("\n", g.print(terminal), "\n")
	for _, x := range g {
		if !x.ok() {
			b.Errorf("%s: %s, at most %s", x.what, amount(x.is, x.unit), amount(x.most, x.unit))
		}
	}
	if b.Failed() {
		return
	}
	text, err := os.ReadFile(document)
	if err == nil {
		text, err = write(text, g.markdown())
	}
	if err == nil {
		err = os.WriteFile(document, text, 0o644)
	}
	if err != nil {
		b.Error(err)
	}
}

// thousand is 1,000 hosts at rest and in a whole rollout.
func thousand(b *testing.B, g *gates) {
	const n = 1000
	w := newWorld(b, n, time.Minute)
	l := w.lead(15 * time.Second)
	w.start(30 * time.Second)
	pid := w.server.PID()
	time.Sleep(20 * time.Second) // until it is quiet
	const idle = 60 * time.Second
	used, asked := cpu(pid), w.Reads.Load()+w.Writes.Load()
	time.Sleep(idle)
	g.add("1,000 hosts at rest: etcd of one core", 100*float64(cpu(pid)-used)/float64(idle), 10, "%")
	// Leases are kept three times in their time, besides.
	g.add("requests", float64(w.Reads.Load()+w.Writes.Load()-asked)/idle.Seconds()+3*n/60, 60, "per second")
	g.add("memory of etcd", rss(pid), 300, "MB")

	w.Take = 2 * time.Second
	writes, records := w.Writes.Load(), l.Stats().Writes
	began := time.Now()
	used = cpu(pid)
	w.good("200M")
	took := time.Since(began)
	g.seconds("a whole rollout, 50 hosts at a time that take 2 s each, without soaks", took, 90)
	g.add("writes of a host in it", float64(w.Writes.Load()-writes)/n, 10, "")
	g.add("writes of the record", float64(l.Stats().Writes-records)/took.Seconds(), 1, "per second")
	g.add("etcd of one core", 100*float64(cpu(pid)-used)/float64(took), 100, "%")
	g.add("hosts that changed at a time", float64(w.Most.Load()), 50, "")
}

// notice is how long it takes from a write of the record until the last of 1,000 watches
// has it.
func notice(b *testing.B, g *gates) {
	const n, writes = 1000, 100
	w := newWorld(b, 0, time.Minute)
	heard := make(chan time.Time, n*writes)
	for i := range n {
		s, err := w.Connection(i)
		if err != nil {
			b.Fatal(err)
		}
		events := s.Watch(w.ctx, store.Rollout, 0)
		go func() {
			for range events {
				heard <- time.Now()
			}
		}()
	}
	time.Sleep(3 * time.Second)
	var all []time.Duration
	for range writes {
		began := time.Now()
		if _, _, err := w.admin.Commit(w.ctx, nil, []store.Change{{Key: store.Rollout, Data: make([]byte, 800)}}); err != nil {
			b.Fatal(err)
		}
		var last time.Time
		for range n {
			if at := <-heard; at.After(last) {
				last = at
			}
		}
		all = append(all, last.Sub(began))
		time.Sleep(50 * time.Millisecond)
	}
	slices.Sort(all)
	g.add("from a write of the record to the last of 1,000 watches, median", float64(all[writes/2].Milliseconds()), 1000, "ms")
	g.add("in 99 of 100 writes", float64(all[writes-2].Milliseconds()), 1000, "ms")
}

// broken is what goes wrong, with 200 hosts.
func broken(b *testing.B, g *gates) {
	const n = 200
	w := newWorld(b, n, time.Minute)
	w.Take, w.Reread = 200*time.Millisecond, 10*time.Second
	w.lead(5 * time.Second)
	w.start(0)
	w.good("200M")
	before := w.Changes()
	g.seconds("a release that the canary host refuses: until all is as before", w.refused("200M", "300M"), 5)
	g.add("hosts touched by it", float64(w.changed(before)), 1, "")

	for i, h := range w.Hosts {
		h.Refuse(i%33 == 10) // 3 %
	}
	p := quick()
	p.MaxFailed, p.MaxParallel = "1%", "20"
	w.begin("400M", p)
	_, c := w.phase(rollout.Reverted, 3*time.Minute)
	g.add("3% of 200 hosts fail, 1% may, 20 at a time: hosts that failed", float64(c.Failed), 2+20, "")
	g.add("hosts that have it afterwards", float64(n-w.on("200M")), 0, "")
	for _, h := range w.Hosts {
		h.Refuse(false)
	}

	g.seconds("etcd killed 20 times in a rollout: until hosts go on", w.killed(20, "200M", "500M"), 30)
	w.setBack("500M", "600M", "700M")
	w.wiped("700M")
	g.add("hosts that changed while it was away, set back or wiped", float64(w.changedAway), 0, "")
}

// cpu is the time that a process has used.
func cpu(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// rss is the memory of a process, in MB.
func rss(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kB / 1000
		}
	}
	return 0
}
