// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sim"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/etcd"
	"kresd-manager/fleet/store/etcdtest"
)

func TestMain(m *testing.M) {
	if endpoint := os.Getenv(stoppedVariable); endpoint != "" {
		os.Exit(stoppedLeader(endpoint))
	}
	os.Exit(m.Run())
}

// release is a release with a size of the cache, by which it is known where it runs.
func release(size string) string { return "cache: {size-max: " + size + "}\n" }

// quick is a policy for tests: everything as in truth, in less time.
func quick() rollout.Policy {
	p := rollout.DefaultPolicy()
	p.HostSoak, p.Soak, p.Jitter = rollout.Duration(0), rollout.Duration(0), rollout.Duration(time.Second)
	p.ProgressDeadline, p.MaxParallel = rollout.Duration(5*time.Minute), "50"
	return p
}

// world is a fleet on an etcd, with someone who looks at it.
type world struct {
	*sim.Fleet
	t      testing.TB
	server *etcdtest.Server
	admin  store.Store
	ctx    context.Context
	id     int // of the last rollout
	leader *leader.Leader

	changedAway int // hosts that changed while etcd was away, set back or empty
	late        int // writes of a leader that leads no more, which were taken
}

func open(ctx context.Context, endpoint string) (store.Store, error) {
	return etcd.Open(ctx, etcd.Config{Endpoints: []string{endpoint}, Fleet: "sim"})
}

// newWorld is one of n hosts, none of which has started. Those that say nothing for the
// time of a lease are away.
func newWorld(t testing.TB, n int, lease time.Duration, args ...string) *world {
	t.Helper()
	server := etcdtest.Start(t, "http", args...)
	f, err := sim.New(n, t.TempDir(), func() (store.Store, error) { return open(context.Background(), server.Endpoint) })
	if err != nil {
		t.Fatal(err)
	}
	f.Lease = lease
	admin, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		f.Stop()
		_ = admin.Close()
	})
	return &world{Fleet: f, t: t, server: server, admin: admin, ctx: ctx}
}

// lead starts a leader in this process.
func (w *world) lead(lease time.Duration) *leader.Leader {
	w.t.Helper()
	l, err := w.Lead(w.ctx, "leader", lease)
	if err != nil {
		w.t.Fatal(err)
	}
	w.leader = l
	return l
}

// start starts all agents, and waits until all are there.
func (w *world) start(spread time.Duration) {
	w.t.Helper()
	if err := w.Start(w.ctx, spread); err != nil {
		w.t.Fatal(err)
	}
	w.until("all there", time.Minute+spread, func(_ rollout.Record, c rollout.Census) bool { return c.Alive == len(w.Hosts) })
}

// begin publishes a release and begins its rollout.
func (w *world) begin(size string, p rollout.Policy) {
	w.t.Helper()
	w.id++
	name, err := w.Publish(w.ctx, w.admin, uint64(w.id), release(size))
	if err == nil {
		err = w.Begin(w.ctx, w.admin, w.id, name, uint64(w.id), p)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// on is how many hosts run the release with this size.
func (w *world) on(size string) int { return w.Runs("/cache/size-max", `"`+size+`"`) }

// until waits for a state of the whole, and returns the record.
func (w *world) until(what string, limit time.Duration, ok func(rollout.Record, rollout.Census) bool) (rollout.Record, rollout.Census) {
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
			if r == nil {
				w.t.Fatalf("not %s in %s: %v", what, limit, err)
			}
			if w.leader != nil {
				w.t.Logf("%q leads; the leader sees %+v", w.leads(), w.leader.Stats())
			}
			w.t.Fatalf("not %s in %s: %v, phase %s, stage %d, %s\n%+v\n%s", what, limit, err, r.Phase, r.Stage, r.Reason, c, strings.Join(rollout.Why(*r, hosts, nil), "\n"))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (w *world) phase(p rollout.Phase, limit time.Duration) (rollout.Record, rollout.Census) {
	w.t.Helper()
	return w.until(string(p), limit, func(r rollout.Record, _ rollout.Census) bool { return r.ID == w.id && r.Phase == p })
}
