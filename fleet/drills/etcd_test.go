// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"math/rand/v2"
	"os"
	"time"

	"kresd-manager/fleet/rollout"
)

// killed kills etcd some times in a rollout, at random, for long enough that those in flight
// come to their end: then no host begins. It returns how long it took from the last start of
// etcd until a host went on.
func (w *world) killed(times int, has, size string) time.Duration {
	w.t.Helper()
	take := w.Take
	w.Take = 100 * time.Millisecond
	defer func() { w.Take = take }()
	p := quick()
	p.MaxParallel = "2"
	w.begin(size, p)
	seed := rand.Uint64()
	w.t.Logf("kills at random, seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	var up time.Time
	var then []int
	for n := range times {
		time.Sleep(time.Duration(chance.Int64N(int64(2 * time.Second))))
		w.server.Kill()
		time.Sleep(w.Take + 400*time.Millisecond) // those that were permitted
		before := w.Changes()
		time.Sleep(400 * time.Millisecond)
		w.unchanged(before, "etcd was away")
		w.server.Run()
		if n == times-1 {
			up, then = time.Now(), before
		}
	}
	var resumed time.Duration
	if w.on(size) < len(w.Hosts) {
		for w.changed(then) == 0 && time.Since(up) < time.Minute {
			time.Sleep(20 * time.Millisecond)
		}
		resumed = time.Since(up)
	}
	if _, c := w.phase(rollout.Done, 5*time.Minute); c.On != len(w.Hosts) || w.on(size) != len(w.Hosts) || w.on(has) != 0 {
		w.t.Errorf("not one release: %+v", c)
	}
	return resumed
}

// setBack sets etcd back to an older state, in which a former rollout was done: no host
// changes, each tells that, and a newer rollout goes on.
func (w *world) setBack(has, size, next string) {
	w.t.Helper()
	backup := w.t.TempDir() + "/backup"
	w.server.Kill()
	if err := os.CopyFS(backup, os.DirFS(w.server.Dir)); err != nil {
		w.t.Fatal(err)
	}
	w.server.Run()
	w.until("all there", time.Minute, func(r rollout.Record, c rollout.Census) bool { return c.Alive == len(w.Hosts) && c.OK == len(w.Hosts) })
	w.good(size)
	before := w.Changes()
	w.server.Kill()
	if err := os.RemoveAll(w.server.Dir); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(backup, w.server.Dir); err != nil {
		w.t.Fatal(err)
	}
	w.server.Run()
	old := w.id - 1
	w.until("all there again", 2*time.Minute, func(r rollout.Record, c rollout.Census) bool { return r.ID == old && c.Alive == len(w.Hosts) })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		told := 0
		for _, h := range w.Hosts {
			if h.Counts().WentBack > 0 {
				told++
			}
		}
		if told == len(w.Hosts) {
			break
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("only %d hosts have told that the store is older", told)
		}
	}
	w.unchanged(before, "the store was set back")
	if w.on(size) != len(w.Hosts) {
		w.t.Errorf("%d hosts keep what they have when the store is older", w.on(size))
	}
	w.good(next)
}

// wiped removes all that etcd has: no host changes, and all tell of themselves again.
func (w *world) wiped(has string) {
	w.t.Helper()
	before := w.Changes()
	w.server.Kill()
	if err := os.RemoveAll(w.server.Dir); err != nil {
		w.t.Fatal(err)
	}
	w.server.Run()
	w.until("all there again", 2*time.Minute, func(_ rollout.Record, c rollout.Census) bool {
		return c.Alive == len(w.Hosts) && c.Hosts == len(w.Hosts)
	})
	w.unchanged(before, "the store is empty")
	if n := w.on(has); n != len(w.Hosts) {
		w.t.Errorf("%d hosts keep what they have when the store is empty", n)
	}
}
