// SPDX-License-Identifier: Apache-2.0

// Package suite holds every store to what package store says: the same tests for all. Its
// Cable is a store that tests cut.
package suite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/store"
)

// Subject is a store to test. Seed writes a key as whoever fills the store does, "" is
// to delete it; Second is another connection to the same store.
type Subject struct {
	Store  store.Store
	Second store.Store
	Seed   func(t *testing.T, key, value string)
}

const patience = 20 * time.Second

// Run tests stores, a new one for each test.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, context.Context, Subject){
		"Read": testRead, "Watch": testWatch, "WatchFromThePast": testPast,
		"Commit": testCommit, "Race": testRace, "Lease": testLease, "Released": testReleased,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			s := open(t)
			if s.Store.ReadOnly() && (name == "Commit" || name == "Race" || name == "Lease" || name == "Released") {
				refuses(t, ctx, s.Store)
				return
			}
			test(t, ctx, s)
		})
	}
}

// refuses holds a store that can only be read to it.
func refuses(t *testing.T, ctx context.Context, s store.Store) {
	if _, _, err := s.Commit(ctx, nil, []store.Change{{Key: store.Rollout, Data: []byte("x")}}); err != store.ErrReadOnly {
		t.Errorf("commit: %v", err)
	}
	if _, err := s.Grant(ctx, time.Second); err != store.ErrReadOnly {
		t.Errorf("lease: %v", err)
	}
}

func read(t *testing.T, ctx context.Context, s store.Store, key string) store.Snapshot {
	t.Helper()
	got, err := s.Read(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func keys(s store.Snapshot) string {
	var all []string
	for _, v := range s.Values {
		all = append(all, fmt.Sprintf("%s=%s", v.Key, v.Data))
	}
	return strings.Join(all, " ")
}

func testRead(t *testing.T, ctx context.Context, s Subject) {
	if got := read(t, ctx, s.Store, store.Rollout); len(got.Values) != 0 {
		t.Errorf("an empty store has %v", got)
	}
	s.Seed(t, "hosts/b", "2")
	s.Seed(t, "hosts/a", "1")
	s.Seed(t, "hostsx", "no")
	s.Seed(t, "rollout", "r\x00\n")
	if got := keys(read(t, ctx, s.Store, store.Hosts)); got != "hosts/a=1 hosts/b=2" {
		t.Errorf("below a prefix: %q", got)
	}
	got := read(t, ctx, s.Store, store.Rollout)
	if keys(got) != "rollout=r\x00\n" || got.Values[0].Revision < 1 || got.Values[0].Revision > got.Revision {
		t.Errorf("one key: %+v", got)
	}
	s.Seed(t, "hosts/a", "")
	if got := keys(read(t, ctx, s.Second, store.Hosts)); got != "hosts/b=2" {
		t.Errorf("when one is deleted: %q", got)
	}
}

func next(t *testing.T, events <-chan store.Event) store.Event {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the watch has ended")
		}
		return e
	case <-time.After(patience):
		t.Fatal("no event")
	}
	panic("unreachable")
}

func testWatch(t *testing.T, ctx context.Context, s Subject) {
	s.Seed(t, "hosts/a", "1")
	at := read(t, ctx, s.Store, store.Hosts).Revision
	watching, stop := context.WithCancel(ctx)
	events := s.Store.Watch(watching, store.Hosts, at)
	s.Seed(t, "rollout", "other")
	s.Seed(t, "hosts/a", "2")
	if e := next(t, events); e.Key != "hosts/a" || string(e.Data) != "2" || e.Deleted || e.Revision <= at {
		t.Errorf("%+v", e)
	}
	s.Seed(t, "hosts/a", "")
	if e := next(t, events); e.Key != "hosts/a" || !e.Deleted {
		t.Errorf("%+v", e)
	}
	stop()
	for range events { // it ends
	}
}

// What was written between reading and watching is not missed.
func testPast(t *testing.T, ctx context.Context, s Subject) {
	s.Seed(t, "rollout", "1")
	at := read(t, ctx, s.Store, store.Rollout).Revision
	s.Seed(t, "rollout", "2")
	if e, ok := <-s.Store.Watch(ctx, store.Rollout, at); ok && string(e.Data) != "2" {
		t.Errorf("%+v", e)
	} else if !ok && keys(read(t, ctx, s.Store, store.Rollout)) != "rollout=2" { // it said to read again
		t.Error("the second value is missed")
	}
}

func commit(t *testing.T, ctx context.Context, s store.Store, cond []store.Condition, changes ...store.Change) (int64, bool) {
	t.Helper()
	r, held, err := s.Commit(ctx, cond, changes)
	if err != nil {
		t.Fatal(err)
	}
	return r, held
}

func testCommit(t *testing.T, ctx context.Context, s Subject) {
	first, held := commit(t, ctx, s.Store, []store.Condition{{Key: "leader"}}, store.Change{Key: "leader", Data: []byte("a")})
	if !held {
		t.Fatal("a key that is not there cannot be made")
	}
	if _, held := commit(t, ctx, s.Second, []store.Condition{{Key: "leader"}}, store.Change{Key: "leader", Data: []byte("b")}); held {
		t.Error("a key is made a second time")
	}
	second, held := commit(t, ctx, s.Store, []store.Condition{{Key: "leader", Revision: first}},
		store.Change{Key: "leader", Data: []byte("c")}, store.Change{Key: "rollout", Data: []byte("x")})
	if !held || second <= first {
		t.Errorf("%d, %t", second, held)
	}
	if _, held := commit(t, ctx, s.Second, []store.Condition{{Key: "leader", Created: first}, {Key: "rollout", Revision: first}}, store.Change{Key: "rollout", Delete: true}); held {
		t.Error("a late write is taken")
	}
	got := read(t, ctx, s.Second, store.Leader)
	if keys(got) != "leader=c" || got.Values[0].Created != first || got.Values[0].Revision != second {
		t.Errorf("%+v", got)
	}
	if _, held := commit(t, ctx, s.Second, []store.Condition{{Key: "leader", Created: first}, {Key: "rollout", Revision: second}}, store.Change{Key: "rollout", Delete: true}); !held {
		t.Error("a write in time is refused")
	}
	if got := read(t, ctx, s.Store, store.Rollout); len(got.Values) != 0 {
		t.Errorf("%+v", got)
	}
}

// Of two who write at once on the same condition one does.
func testRace(t *testing.T, ctx context.Context, s Subject) {
	done := make(chan bool)
	for i := range 8 {
		go func() {
			on := s.Store
			if i%2 == 0 {
				on = s.Second
			}
			_, held, err := on.Commit(ctx, []store.Condition{{Key: "leader"}}, []store.Change{{Key: "leader", Data: []byte{byte('0' + i)}}})
			if err != nil {
				t.Error(err)
			}
			done <- held
		}()
	}
	n := 0
	for range 8 {
		if <-done {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of 8 have the lock", n)
	}
}

// Keys go with their lease, and last as long as it is kept.
func testLease(t *testing.T, ctx context.Context, s Subject) {
	l, err := s.Store.Grant(ctx, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, ctx, s.Store, nil, store.Change{Key: "alive/a", Lease: l.ID()})
	select {
	case <-l.Gone():
		t.Fatal("a lease that is kept is lost")
	case <-time.After(4 * time.Second):
	}
	if got := keys(read(t, ctx, s.Second, store.Alive)); got != "alive/a=" {
		t.Errorf("%q", got)
	}
	l.Release(ctx)
}

func testReleased(t *testing.T, ctx context.Context, s Subject) {
	l, err := s.Store.Grant(ctx, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, ctx, s.Store, nil, store.Change{Key: "alive/a", Lease: l.ID()}, store.Change{Key: "hosts/a", Data: []byte("x")})
	at := read(t, ctx, s.Second, store.Alive).Revision
	events := s.Second.Watch(ctx, store.Alive, at)
	l.Release(ctx)
	if e := next(t, events); !e.Deleted || e.Key != "alive/a" {
		t.Errorf("%+v", e)
	}
	if got := keys(read(t, ctx, s.Store, store.Hosts)); got != "hosts/a=x" {
		t.Errorf("%q", got)
	}
	if _, _, err := s.Store.Commit(ctx, nil, []store.Change{{Key: "alive/a", Lease: l.ID()}}); err == nil {
		t.Error("a key is written with a lease that has ended")
	}
}
