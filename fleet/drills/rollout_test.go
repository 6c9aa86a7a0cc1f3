// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/rollout"
)

// A good release gets to all; one that the canary host refuses to one; one that some
// cannot run goes back everywhere; and what happens to etcd changes no host.
func TestFleetOnARealEtcd(t *testing.T) {
	const hosts = 40
	w := newWorld(t, hosts, time.Minute, "--unsafe-no-fsync")
	w.Pace, w.Reread = 200*time.Millisecond, 2*time.Second
	w.lead(15 * time.Second) // it leads on while etcd starts again, also on an older state
	w.start(0)
	w.good("200M")
	w.refused("200M", "300M")
	w.someFail("200M", "400M")
	w.killed(4, "200M", "500M")
	w.setBack("500M", "600M", "700M")
	w.wiped("700M")
}

// good rolls a release over all hosts.
func (w *world) good(size string) {
	w.t.Helper()
	w.Most.Store(0)
	w.begin(size, quick())
	_, c := w.phase(rollout.Done, 3*time.Minute)
	if n := len(w.Hosts); c.On != n || w.on(size) != n || w.Most.Load() > int64(min(50, n/2)) {
		w.t.Errorf("%+v, %d at a time", c, w.Most.Load())
	}
}

// refused rolls one that the canary host does not like, and returns how long that took.
func (w *world) refused(has, size string) time.Duration {
	w.t.Helper()
	before := w.Changes()
	w.Hosts[0].Refuse(true)
	defer w.Hosts[0].Refuse(false)
	began := time.Now()
	w.begin(size, quick())
	r, c := w.phase(rollout.Reverted, time.Minute)
	took := time.Since(began)
	if touched := w.changed(before); touched != 1 || c.Tried != 1 || c.On != 0 || w.on(has) != len(w.Hosts) || !strings.Contains(r.Reason, "ns0000 (the canary could not run it)") {
		w.t.Errorf("%d touched, %+v, %s", touched, c, r.Reason)
	}
	return took
}

// someFail rolls one that a tenth of the hosts cannot run, where fewer may fail, and returns
// how many hosts it has touched.
func (w *world) someFail(has, size string) (touched int) {
	w.t.Helper()
	for _, h := range w.Hosts {
		h.Refuse(strings.HasSuffix(h.ID, "3"))
	}
	defer func() {
		for _, h := range w.Hosts {
			h.Refuse(false)
		}
	}()
	before := w.Changes()
	p := quick()
	p.MaxParallel, p.MaxFailed = "4", "2"
	w.begin(size, p)
	r, c := w.phase(rollout.Reverted, 2*time.Minute)
	if c.Failed < 3 || c.Failed > 2+4 || c.On != 0 || w.on(has) != len(w.Hosts) {
		w.t.Errorf("%+v, %s", c, r.Reason)
	}
	return w.changed(before)
}

// changed is how many hosts were asked for a change since then.
func (w *world) changed(before []int) (n int) {
	for i, now := range w.Changes() {
		if now != before[i] {
			n++
		}
	}
	return n
}

// unchanged expects that no host was.
func (w *world) unchanged(before []int, what string) {
	w.t.Helper()
	if n := w.changed(before); n > 0 {
		w.changedAway += n
		w.t.Errorf("%d hosts have changed: %s", n, what)
	}
}
