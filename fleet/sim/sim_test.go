// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/etcd"
	"kresd-manager/fleet/store/etcdtest"
)

const (
	good = "cache: {size-max: 200M}\n"
)

// quick is a policy for tests: everything as in truth, in less time.
func quick() rollout.Policy {
	p := rollout.DefaultPolicy()
	p.HostSoak, p.Soak, p.Jitter = rollout.Duration(0), rollout.Duration(0), rollout.Duration(time.Second)
	p.ProgressDeadline, p.MaxParallel = rollout.Duration(5*time.Minute), "50"
	return p
}

// world is a fleet on an etcd, with someone who looks at it.
type world struct {
	*Fleet
	t      testing.TB
	server *etcdtest.Server
	admin  store.Store
	leader *leader.Leader
	ctx    context.Context
}

func newWorld(t testing.TB, n int, lease, pace time.Duration) *world {
	t.Helper()
	server := etcdtest.Start(t, "http")
	open := func() (store.Store, error) {
		return etcd.Open(context.Background(), etcd.Config{Endpoints: []string{server.Endpoint}, Fleet: "sim"})
	}
	f, err := New(n, t.TempDir(), open)
	if err != nil {
		t.Fatal(err)
	}
	f.Lease, f.Pace = lease, pace
	admin, err := open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &world{Fleet: f, t: t, server: server, admin: admin, ctx: ctx}
	t.Cleanup(func() {
		cancel()
		f.Stop()
		_ = admin.Close()
	})
	if w.leader, err = f.Lead(ctx, "leader", 5*time.Second); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) begin(id int, sequence uint64, text string, p rollout.Policy) string {
	w.t.Helper()
	name, err := w.Publish(w.ctx, w.admin, sequence, text)
	if err == nil {
		err = w.Begin(w.ctx, w.admin, id, name, sequence, p)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return name
}

// until waits for a state of the whole, and returns the record.
func (w *world) until(what string, limit time.Duration, ok func(r rollout.Record, c rollout.Census) bool) (rollout.Record, rollout.Census) {
	w.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		r, hosts, err := leader.Hosts(w.ctx, w.admin)
		var c rollout.Census
		if err == nil {
			if r == nil {
				r = &rollout.Record{Policy: rollout.DefaultPolicy()}
			}
			c = rollout.Count(*r, hosts)
			if ok(*r, c) {
				return *r, c
			}
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("not %s in %s: %v, phase %s, stage %d, %s\n%+v\n%s", what, limit, err, r.Phase, r.Stage, r.Reason, c, strings.Join(rollout.Why(*r, hosts, nil), "\n"))
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (w *world) phase(p rollout.Phase, limit time.Duration) (rollout.Record, rollout.Census) {
	w.t.Helper()
	return w.until(string(p), limit, func(r rollout.Record, _ rollout.Census) bool { return r.Phase == p })
}

func (w *world) start(spread time.Duration) {
	w.t.Helper()
	if err := w.Start(w.ctx, spread); err != nil {
		w.t.Fatal(err)
	}
	w.until("all there", time.Minute+spread, func(_ rollout.Record, c rollout.Census) bool { return c.Alive == len(w.Hosts) })
}

// A good release gets to all; one that the canary host refuses to one; one that some
// cannot run goes back everywhere; and what happens to etcd changes no host.
func TestFleetOnARealEtcd(t *testing.T) {
	const hosts = 40
	w := newWorld(t, hosts, time.Minute, 200*time.Millisecond)
	w.start(0)
	w.begin(1, 1, good, quick())
	_, c := w.phase(rollout.Done, 2*time.Minute)
	if c.On != hosts || w.Runs("/cache/size-max", `"200M"`) != hosts || w.Most.Load() > hosts/2 {
		t.Errorf("%+v, %d at a time", c, w.Most.Load())
	}

	// The canary host does not like it.
	var bad *Host
	for _, h := range w.Hosts {
		h.mu.Lock()
		if h.Applies = 0; h.ID == "ns0000" {
			bad, h.Bad = h, true
		}
		h.mu.Unlock()
	}
	w.begin(2, 2, "cache: {size-max: 300M}\n", quick())
	r, c := w.phase(rollout.Reverted, time.Minute)
	if w.Touched() != 1 || c.Tried != 1 || c.On != 0 || w.Runs("/cache/size-max", `"200M"`) != hosts || !strings.Contains(r.Reason, "ns0000 (the canary could not run it)") {
		t.Errorf("%d touched, %+v, %s", w.Touched(), c, r.Reason)
	}

	// Some others do not.
	bad.mu.Lock()
	bad.Bad = false
	bad.mu.Unlock()
	for _, h := range w.Hosts[1:] {
		h.mu.Lock()
		h.Bad = h.ID[len(h.ID)-1] == '3'
		h.mu.Unlock()
	}
	p := quick()
	p.MaxParallel, p.MaxFailed = "4", "2"
	w.begin(3, 3, "cache: {size-max: 400M}\n", p)
	r, c = w.phase(rollout.Reverted, 2*time.Minute)
	if c.Failed < 3 || c.Failed > 2+4 || c.On != 0 || w.Runs("/cache/size-max", `"200M"`) != hosts {
		t.Errorf("%+v, %s", c, r.Reason)
	}

	// etcd is killed in a rollout, again and again: hosts keep what they have, and go on.
	for _, h := range w.Hosts {
		h.mu.Lock()
		h.Bad = false
		h.mu.Unlock()
	}
	w.Take = 200 * time.Millisecond
	w.begin(4, 4, "cache: {size-max: 500M}\n", p)
	for range 2 {
		time.Sleep(time.Second)
		w.server.Kill()
		time.Sleep(time.Second)                       // those in flight come to their end
		before := w.Runs("/cache/size-max", `"500M"`) // and no one begins
		time.Sleep(2 * time.Second)
		if after := w.Runs("/cache/size-max", `"500M"`); after != before {
			t.Errorf("%d hosts have changed without a store", after-before)
		}
		w.server.Run()
	}
	if _, c = w.phase(rollout.Done, 5*time.Minute); c.On != hosts {
		t.Errorf("%+v", c)
	}

	// etcd is empty: no host changes, and all tell of themselves again.
	w.server.Kill()
	if err := os.RemoveAll(w.server.Dir); err != nil {
		t.Fatal(err)
	}
	w.server.Run()
	w.until("all there again", 5*time.Minute, func(_ rollout.Record, c rollout.Census) bool { return c.Alive == hosts && c.Hosts == hosts })
	if n := w.Runs("/cache/size-max", `"500M"`); n != hosts {
		t.Errorf("%d hosts keep what they have when the store is empty", n)
	}
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

func rss(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// BenchmarkThousand measures a fleet of a thousand hosts: make bench-fleet.
func BenchmarkThousand(b *testing.B) {
	const n = 1000
	w := newWorld(b, n, time.Minute, 0)
	began := time.Now()
	w.start(30 * time.Second)
	b.Logf("%d agents came in %s", n, time.Since(began).Round(time.Millisecond))
	pid := w.server.PID()
	time.Sleep(20 * time.Second) // until it is quiet
	used, asked := cpu(pid), w.Reads.Load()+w.Writes.Load()
	const idle = 60 * time.Second
	time.Sleep(idle)
	b.ReportMetric(100*float64(cpu(pid)-used)/float64(idle), "idle-%-of-a-core")
	// Leases are kept three times in their time, besides.
	b.ReportMetric(float64(w.Reads.Load()+w.Writes.Load()-asked)/idle.Seconds()+3*n/60, "idle-req/s")
	b.Logf("etcd has %s", rss(pid))

	w.Take = 2 * time.Second
	writes := w.Writes.Load()
	records := w.leader.Stats().Writes
	began = time.Now()
	used = cpu(pid)
	w.begin(1, 1, good, quick())
	_, c := w.phase(rollout.Done, 5*time.Minute)
	took := time.Since(began)
	b.ReportMetric(took.Seconds(), "rollout-s")
	b.ReportMetric(float64(w.Writes.Load()-writes)/n, "writes/host")
	b.ReportMetric(float64(w.leader.Stats().Writes-records)/took.Seconds(), "record-writes/s")
	b.ReportMetric(100*float64(cpu(pid)-used)/float64(took), "rollout-%-of-a-core")
	b.ReportMetric(float64(w.Most.Load()), "at-a-time")
	if c.On != n {
		b.Errorf("%+v", c)
	}
}

// BenchmarkNotice measures how long it takes from a write of the record until the last of
// a thousand watches has it.
func BenchmarkNotice(b *testing.B) {
	const n, writes = 1000, 20
	w := newWorld(b, 0, time.Minute, 0)
	heard := make(chan time.Time, n*writes)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	for i := range n {
		if i%perConnection == 0 {
			s, err := w.Open()
			if err != nil {
				b.Fatal(err)
			}
			w.shared = append(w.shared, s)
		}
		events := w.shared[len(w.shared)-1].Watch(ctx, "notice", 0)
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
		if _, _, err := w.admin.Commit(ctx, nil, []store.Change{{Key: "notice", Data: make([]byte, 800)}}); err != nil {
			b.Fatal(err)
		}
		var last time.Time
		for range n {
			if at := <-heard; at.After(last) {
				last = at
			}
		}
		all = append(all, last.Sub(began))
		time.Sleep(100 * time.Millisecond)
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[writes/2].Milliseconds()), "last-agent-median-ms")
	b.ReportMetric(float64(all[writes-1].Milliseconds()), "last-agent-worst-ms")
}
