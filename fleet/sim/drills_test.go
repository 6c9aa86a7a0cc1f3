// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/suite"
	"kresd-manager/fleet/store/table"
)

const good = "cache: {size-max: 200M}\n"

// drill is a fleet with a cable for each host, in a bubble of testing/synctest.
type drill struct {
	*Fleet
	t      *testing.T
	table  *table.Table
	cables []*suite.Cable
	lead   *suite.Cable
	ctx    context.Context
}

func newDrill(t *testing.T, n int) *drill {
	t.Helper()
	d := &drill{t: t, table: table.New()}
	f, err := New(n, t.TempDir(), func() (store.Store, error) { return nil, suite.ErrCut })
	if err != nil {
		t.Fatal(err)
	}
	f.Take = 2 * time.Second
	d.Fleet = f
	ctx, cancel := context.WithCancel(context.Background())
	d.ctx = ctx
	d.lead = suite.NewCable(d.table)
	led := make(chan struct{})
	go func() {
		defer close(led)
		leader.New(leader.Config{Host: "leader", Store: d.lead, Log: f.Log}).Run(ctx)
	}()
	for _, h := range f.Hosts {
		c := suite.NewCable(d.table)
		d.cables = append(d.cables, c)
		if err := h.start(ctx, c, 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		cancel()
		f.Stop()
		<-led
	})
	time.Sleep(10 * time.Second)
	return d
}

func policy() rollout.Policy {
	p := rollout.DefaultPolicy()
	p.Soak, p.HostSoak, p.MaxMissing, p.MaxParallel = rollout.Duration(time.Minute), rollout.Duration(10*time.Second), "30%", "5"
	return p
}

func (d *drill) begin(id int, text string) {
	d.t.Helper()
	name, err := d.Publish(d.ctx, d.table, uint64(id), text)
	if err == nil {
		err = d.Begin(d.ctx, d.table, id, name, uint64(id), policy())
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) until(what string, limit time.Duration, ok func(rollout.Record, rollout.Census) bool) {
	d.t.Helper()
	var r *rollout.Record
	var hosts []rollout.Host
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Second) {
		synctest.Wait()
		var err error
		if r, hosts, err = leader.Hosts(d.ctx, d.table); err == nil && r != nil && ok(*r, rollout.Count(*r, hosts)) {
			return
		}
	}
	d.t.Fatalf("not %s in %s: %s, %+v\n%s", what, limit, r.Text(), rollout.Count(*r, hosts), strings.Join(rollout.Why(*r, hosts, nil), "\n"))
}

func phase(p rollout.Phase) func(rollout.Record, rollout.Census) bool {
	return func(r rollout.Record, _ rollout.Census) bool { return r.Phase == p }
}

// A fifth of the hosts is away, and comes back an hour later, all at once.
func TestHostsThatComeBackCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrill(t, 30)
		for _, c := range d.cables[24:] {
			c.Cut()
		}
		time.Sleep(2 * time.Minute)
		d.begin(1, good)
		d.until("done", time.Hour, phase(rollout.Done))
		if n := d.Runs("/cache/size-max", `"200M"`); n != 24 {
			t.Errorf("%d hosts have it", n)
		}
		time.Sleep(time.Hour)
		d.Most.Store(0)
		for _, c := range d.cables[24:] {
			c.Lead(d.table)
		}
		d.until("all have it", time.Hour, func(_ rollout.Record, c rollout.Census) bool { return c.On == 30 && c.OK == 30 })
		if n := d.Most.Load(); n > 5 {
			t.Errorf("%d of those that came back changed at a time", n)
		}
	})
}

// Half of the hosts are cut off in the middle of a rollout: they keep what they have, the
// others wait for a person, and in the end all have one release.
func TestHalfIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrill(t, 30)
		d.begin(1, good)
		d.until("in the middle", time.Hour, func(_ rollout.Record, c rollout.Census) bool { return c.OK >= 8 })
		for _, c := range d.cables[15:] {
			c.Cut()
		}
		d.until("paused", 5*time.Minute, phase(rollout.Paused))
		time.Sleep(time.Minute) // those in flight come to their end
		before := d.Runs("/cache/size-max", `"200M"`)
		time.Sleep(10 * time.Minute)
		if after := d.Runs("/cache/size-max", `"200M"`); after != before {
			t.Errorf("%d hosts have changed in the pause", after-before)
		}
		for _, c := range d.cables[15:] {
			c.Lead(d.table)
		}
		d.until("all there", 10*time.Minute, func(_ rollout.Record, c rollout.Census) bool { return c.Alive == 30 })
		r, _, err := leader.Hosts(d.ctx, d.table)
		if err != nil {
			t.Fatal(err)
		}
		r.Phase, r.Resume, r.Reason, r.Threshold = r.Resume, "", "", nil
		r.Version++
		if _, _, err := d.table.Commit(d.ctx, nil, []store.Change{{Key: store.Rollout, Data: r.Text()}}); err != nil {
			t.Fatal(err)
		}
		d.until("done", time.Hour, phase(rollout.Done))
		d.until("one release", time.Hour, func(_ rollout.Record, c rollout.Census) bool { return c.On == 30 })
	})
}

// The store is set back to a state of before: no host changes, and a newer rollout goes on.
func TestTheStoreIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrill(t, 12)
		d.begin(1, good)
		d.until("done", time.Hour, phase(rollout.Done))
		time.Sleep(time.Minute)
		old, err := d.table.Read(d.ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		d.begin(2, "cache: {size-max: 300M}\n")
		d.until("done", time.Hour, phase(rollout.Done))
		var changes int
		for _, h := range d.Hosts {
			changes += h.Applies()
		}
		back := table.New()
		for _, v := range old.Values {
			if store.Under(v.Key, store.Alive) || v.Key == store.Leader {
				continue // they went with their leases
			}
			if _, _, err := back.Commit(d.ctx, nil, []store.Change{{Key: v.Key, Data: v.Data}}); err != nil {
				t.Fatal(err)
			}
		}
		d.table = back
		d.lead.Lead(back)
		for _, c := range d.cables {
			c.Lead(back)
		}
		d.until("all there", 10*time.Minute, func(_ rollout.Record, c rollout.Census) bool { return c.Alive == 12 })
		time.Sleep(20 * time.Minute)
		var after int
		for _, h := range d.Hosts {
			after += h.Applies()
		}
		if after != changes || d.Runs("/cache/size-max", `"300M"`) != 12 {
			t.Errorf("%d changes after the store was set back", after-changes)
		}
		d.begin(3, "cache: {size-max: 400M}\n")
		d.until("done", time.Hour, phase(rollout.Done))
		if n := d.Runs("/cache/size-max", `"400M"`); n != 12 {
			t.Errorf("%d of 12 hosts have the newer release", n)
		}
	})
}

// It turns out in the last stage that a release is bad: all go back.
func TestItTurnsOutLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrill(t, 30)
		d.begin(1, good)
		d.until("done", time.Hour, phase(rollout.Done))
		d.begin(2, "cache: {size-max: 300M}\n")
		d.until("nearly done", time.Hour, func(_ rollout.Record, c rollout.Census) bool { return c.On > 20 })
		for _, h := range d.Hosts[3:5] {
			h.mu.Lock()
			h.ill = "kresd@1.service has failed"
			h.mu.Unlock()
		}
		d.Most.Store(0)
		d.until("reverted", time.Hour, phase(rollout.Reverted))
		if n := d.Runs("/cache/size-max", `"200M"`); n != 30 || d.Most.Load() > 5 {
			t.Errorf("%d hosts have what they had, %d at a time", n, d.Most.Load())
		}
	})
}
