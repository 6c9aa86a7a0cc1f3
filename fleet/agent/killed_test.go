// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
)

// Two agents with one name: the second gives up.
func TestTheSecondOfTwoAgentsStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer b.stop()
		other := newBench(t)
		other.store = b.store
		other.start()
		if err := <-other.ended; !errors.Is(err, ErrTwice) {
			t.Errorf("%v", err)
		}
	})
}

// An agent that is restarted in a trial does not look like a host that died: its place is
// taken over, and no one else's.
func TestTheNextProcessTakesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		at, _ := b.store.Changed()
		watching, done := context.WithCancel(t.Context())
		gone := 0
		events := b.store.Watch(watching, store.Alive, at)
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			for e := range events {
				if e.Deleted {
					gone++
				}
			}
		}()
		b.admit(rollout.Rolling)
		b.until(rollout.HostSoaking)
		b.stop()
		time.Sleep(20 * time.Second)
		b.start()
		b.until(rollout.OK)
		b.runs("/cache/size-max", `"200M"`)
		time.Sleep(5 * time.Minute)
		done()
		<-watched
		if gone > 0 {
			t.Errorf("the host went away %d times", gone)
		}
		b.stop()
	})
}

// Someone removes what says that a host is there, or what it tells, though its lease lasts:
// it is there again.
func TestAHostThatWasRemovedComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		for _, keys := range [][]string{{store.Alive + "ns1"}, {store.Hosts + "ns1"}, {store.Alive + "ns1", store.Hosts + "ns1", store.Rollout}} {
			for _, key := range keys {
				if _, _, err := b.store.Commit(t.Context(), nil, []store.Change{{Key: key, Delete: true}}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(11 * time.Minute)
			for _, key := range []string{store.Alive + "ns1", store.Hosts + "ns1"} {
				if got, err := b.store.Read(t.Context(), key); err != nil || len(got.Values) != 1 {
					t.Errorf("after %v was removed, there is no %s: %v", keys, key, err)
				}
			}
		}
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
	})
}

// A host does not start while a command runs on it in the budget of rollouts.
func TestAHostThatRunsACommandWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		b.put(store.Rolls+"ns1", []byte("alice"))
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		b.admit(rollout.Rolling)
		time.Sleep(5 * time.Minute)
		if h := b.told(); h.State != rollout.Planned || h.Reason != "kres-fleet roll runs on this host" {
			t.Errorf("%+v", h)
		}
		if _, _, err := b.store.Commit(t.Context(), nil, []store.Change{{Key: store.Rolls + "ns1", Delete: true}}); err != nil {
			t.Fatal(err)
		}
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
	})
}

// A lock that the process before has left is given back, after what was in the middle has
// come to its end.
func TestALockIsNotLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		b.stop()
		var asked []bool
		b.lock = func(_ context.Context, take bool) error {
			asked = append(asked, take)
			return nil
		}
		b.start()
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
		b.stop()
		if fmt.Sprint(asked) != "[false true false]" {
			t.Errorf("the lock is taken and given back so: %v", asked)
		}
	})
}

// An agent that is killed at any of its steps leaves old or new, in what runs and in the
// file, and the next one comes to an end.
func TestKilledAtEachStep(t *testing.T) {
	points := []string{"before apply", "after apply", "soaking", "before confirm", "after confirm", "before reload", "after reload"}
	for _, point := range points {
		for _, rebooted := range []bool{false, true} {
			pause := time.Second // until the next process
			if rebooted {
				pause = 2 * time.Minute
			}
			t.Run(fmt.Sprint(point, rebooted), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := rolled(t)
					b.roll(2, b.publish(2, two), 2)
					b.until(rollout.Planned)
					killed := make(chan struct{})
					released := make(chan struct{})
					b.manager.dies = func(at string) {
						if at == point {
							b.manager.dies = func(string) {}
							close(killed)
							<-released // it does nothing more: what is behind this point never was
						}
					}
					b.admit(rollout.Rolling)
					if point == "soaking" {
						b.until(rollout.HostSoaking)
						b.stop()
					} else {
						<-killed
						b.freeze()
					}
					// What the manager reads when it starts is what was confirmed, and no more.
					if point == "before reload" || point == "after reload" {
						b.inFile("size-max: 200M")
					} else {
						b.inFile("size-max: 100M")
					}
					if rebooted {
						b.manager.reboot()
					}
					if got := b.manager.value("/cache/size-max"); got != `"100M"` && got != `"200M"` {
						t.Errorf("%s runs", got)
					}
					old := b.ended
					time.Sleep(pause)
					b.start()
					defer func() {
						b.stop()
						close(released)
						if point != "soaking" {
							<-old
						}
					}()
					// Back in its place, or let in once more.
					for range 40 {
						time.Sleep(30 * time.Second)
						if b.told().State == rollout.Planned {
							b.admit(rollout.Rolling)
						}
					}
					b.until(rollout.OK)
					b.runs("/cache/size-max", `"200M"`)
					b.inFile("size-max: 200M")
					b.manager.reboot()
					b.runs("/cache/size-max", `"200M"`)
				})
			})
		}
	}
}
