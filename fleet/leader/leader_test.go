// SPDX-License-Identifier: Apache-2.0

package leader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
)

func put(t *testing.T, s store.Store, key string, data []byte) int64 {
	t.Helper()
	r, _, err := s.Commit(context.Background(), nil, []store.Change{{Key: key, Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func record(t *testing.T, s store.Store) rollout.Record {
	t.Helper()
	r, _, err := Hosts(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return *r
}

// seeded is a store with n hosts that are ready for a rollout in preflight.
func seeded(t *testing.T, n int) *table.Table {
	t.Helper()
	s := table.New()
	r := rollout.Record{Format: rollout.Format, ID: 1, Version: 1, Release: strings.Repeat("a", 64), Sequence: 1, By: "alice", Policy: rollout.DefaultPolicy(), Phase: rollout.Preflight}
	put(t, s, store.Rollout, r.Text())
	for i := range n {
		tell(t, s, i, rollout.Planned)
		put(t, s, fmt.Sprint(store.Alive, "h", i), nil)
	}
	return s
}

func tell(t *testing.T, s store.Store, i int, state rollout.State) {
	t.Helper()
	id := fmt.Sprint("h", i)
	h := rollout.Host{Format: rollout.Format, ID: id, Tags: rollout.Tags{"host": id}, Rollout: 1, State: state, Rank: rollout.RankOf("m", id, 1)}
	h.Tried = state == rollout.OK
	h.On = h.Tried
	put(t, s, store.Hosts+id, h.Text())
}

func run(s store.Store, name string) (*Leader, context.CancelFunc) {
	l := New(Config{Host: name, Store: s, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	go l.Run(ctx)
	return l, cancel
}

func admitted(t *testing.T, s store.Store) (n int) {
	t.Helper()
	r, hosts, err := Hosts(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hosts {
		if h.State == rollout.Planned && r.Admits(h.Rank, h.Tags, h.Revision) {
			n++
		}
	}
	return n
}

func TestOneLeaderAdmitsOneHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(t, 40)
		a, stopA := run(s, "a")
		b, stopB := run(s, "b")
		time.Sleep(10 * time.Second)
		if r := record(t, s); r.Phase != rollout.Rolling || r.Stage != 0 || admitted(t, s) != 1 {
			t.Errorf("%s, %d hosts are admitted", r.Text(), admitted(t, s))
		}
		if a.Stats().Leads == b.Stats().Leads {
			t.Errorf("%t and %t lead", a.Stats().Leads, b.Stats().Leads)
		}
		writes := a.Stats().Writes + b.Stats().Writes
		time.Sleep(20 * time.Minute)
		if n := a.Stats().Writes + b.Stats().Writes; n != writes {
			t.Errorf("%d writes with nothing to say", n-writes)
		}
		stopA()
		stopB()
		synctest.Wait()
	})
}

// lagging is a store whose watches of hosts are behind by a while.
type lagging struct{ store.Store }

func (l lagging) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	events := l.Store.Watch(ctx, key, after)
	if key == store.Rollout || key == store.Leader {
		return events
	}
	out := make(chan store.Event)
	go func() {
		defer close(out)
		for e := range events {
			time.Sleep(30 * time.Second)
			select {
			case out <- e:
			case <-ctx.Done():
			}
		}
	}()
	return out
}

// Hosts whose news is late are not taken for away.
func TestNoPauseByOldNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := seeded(t, 3)
		all, err := ready.Read(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		s := table.New()
		_, stop := run(lagging{s}, "a")
		time.Sleep(5 * time.Second)
		for _, v := range all.Values {
			put(t, s, v.Key, v.Data)
		}
		for range 120 {
			time.Sleep(time.Second)
			if r := record(t, s); r.Phase == rollout.Paused {
				t.Fatalf("it is paused: %s", r.Reason)
			}
		}
		if r := record(t, s); r.Phase != rollout.Rolling {
			t.Errorf("it is %s", r.Phase)
		}
		stop()
		synctest.Wait()
	})
}

// Another one takes over, and its soak begins anew.
func TestTheNextLeaderMeasuresByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(t, 40)
		_, stop := run(s, "a")
		time.Sleep(5 * time.Second)
		r, hosts, _ := Hosts(t.Context(), s)
		for i, h := range hosts {
			if r.Admits(h.Rank, h.Tags, h.Revision) {
				var n int
				_, _ = fmt.Sscanf(hosts[i].ID, "h%d", &n)
				tell(t, s, n, rollout.OK)
			}
		}
		time.Sleep(9 * time.Minute)
		if p := record(t, s).Phase; p != rollout.Soaking {
			t.Fatalf("it is %s", p)
		}
		stop()
		_, stop = run(s, "b")
		defer func() {
			stop()
			synctest.Wait()
		}()
		time.Sleep(5 * time.Minute)
		if p := record(t, s).Phase; p != rollout.Soaking {
			t.Errorf("after 5m of a new leader it is %s", p)
		}
		time.Sleep(6 * time.Minute)
		if r := record(t, s); r.Phase != rollout.Rolling || r.Stage == 0 {
			t.Errorf("after 11m of a new leader it is %s", r.Phase)
		}
	})
}

// A gate that says nothing lets no host start, and after a while a person is asked; one
// that is closed does so at once.
func TestTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(t, 40)
		r := record(t, s)
		r.Policy.Gate = "up"
		put(t, s, store.Rollout, r.Text())
		var mu sync.Mutex
		var closed string
		var err error
		asked := 0
		says := func(why string, e error) int {
			mu.Lock()
			defer mu.Unlock()
			closed, err = why, e
			return asked
		}
		says("", errors.New("no data"))
		l := New(Config{Host: "a", Store: s, Log: slog.New(slog.DiscardHandler), Gate: func(_ context.Context, expression string) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			if asked++; expression != "up" {
				t.Errorf("it is asked for %q", expression)
			}
			return closed, err
		}})
		ctx, stop := context.WithCancel(t.Context())
		go l.Run(ctx)
		defer func() {
			stop()
			synctest.Wait()
		}()
		time.Sleep(30 * time.Second)
		if r := record(t, s); r.Phase != rollout.Rolling || admitted(t, s) != 0 {
			t.Errorf("a gate that says nothing lets hosts start: %s", r.Text())
		}
		time.Sleep(time.Minute)
		if r := record(t, s); r.Phase != rollout.Paused || r.Reason != "no data" || says("", nil) != gateSilent {
			t.Errorf("%s", r.Text())
		}
		resume := func() {
			r := record(t, s)
			r.Phase, r.Resume, r.Reason = r.Resume, "", ""
			r.Version++
			put(t, s, store.Rollout, r.Text())
			time.Sleep(20 * time.Second)
		}
		if resume(); admitted(t, s) != 1 {
			t.Errorf("an open gate lets no host start: %s", record(t, s).Text())
		}
		const why = "the gate is closed: up is 0"
		says(why, nil)
		time.Sleep(20 * time.Second)
		if r := record(t, s); r.Phase != rollout.Paused || r.Reason != why {
			t.Errorf("%s", r.Text())
		}
		n := says(why, nil)
		time.Sleep(time.Hour)
		if again := says(why, nil); again != n {
			t.Errorf("it is asked %d times in a pause", again-n)
		}
	})
	synctest.Test(t, func(t *testing.T) { // and no one to ask
		s := seeded(t, 40)
		r := record(t, s)
		r.Policy.Gate = "up"
		put(t, s, store.Rollout, r.Text())
		_, stop := run(s, "a")
		time.Sleep(10 * time.Second)
		if r := record(t, s); r.Phase != rollout.Paused || !strings.Contains(r.Reason, "a leads, and has no prometheus in its settings") {
			t.Errorf("%s", r.Text())
		}
		stop()
		synctest.Wait()
	})
}

// held is a store that stops, as a process does that gets SIGSTOP.
type held struct {
	store.Store
	gate func()
}

func (h held) Commit(ctx context.Context, c []store.Condition, ch []store.Change) (int64, bool, error) {
	if len(ch) == 1 && ch[0].Key == store.Rollout {
		h.gate()
	}
	return h.Store.Commit(ctx, c, ch)
}

// The write of a leader that was stopped for a minute comes too late.
func TestALateWriteIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(t, 40)
		stopped, goOn := make(chan struct{}), make(chan struct{})
		first := true
		a, stopA := run(held{s, func() {
			if first {
				first = false
				close(stopped)
				<-goOn
			}
		}}, "a")
		<-stopped
		// Its lease runs out, and another one leads.
		lead, _ := s.Read(t.Context(), store.Leader)
		if _, _, err := s.Commit(t.Context(), nil, []store.Change{{Key: store.Leader, Delete: true}}); err != nil {
			t.Fatal(err)
		}
		b, stopB := run(s, "b")
		time.Sleep(time.Minute)
		before := record(t, s)
		close(goOn)
		time.Sleep(time.Minute)
		if r := record(t, s); string(r.Text()) != string(before.Text()) || before.Phase != rollout.Rolling {
			t.Errorf("%s\nbecame\n%s", before.Text(), r.Text())
		}
		if a.Stats().Late == 0 || a.Stats().Writes != 0 || !b.Stats().Leads || len(lead.Values) != 1 {
			t.Errorf("%+v, %+v", a.Stats(), b.Stats())
		}
		stopA()
		stopB()
		synctest.Wait()
	})
}

// Of a host whose state cannot be read it is not known whether it is in the middle of its
// change. A record that cannot be read stays as it is.
func TestGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(t, 40)
		_, stop := run(s, "a")
		time.Sleep(10 * time.Second)
		if admitted(t, s) != 1 {
			t.Errorf("%s", record(t, s).Text())
		}
		r, hosts, _ := Hosts(t.Context(), s)
		for _, h := range hosts { // the canary host starts, and its state is damaged
			if r.Admits(h.Rank, h.Tags, h.Revision) {
				put(t, s, store.Hosts+h.ID, []byte("\x00\xff"))
				break
			}
		}
		time.Sleep(10 * time.Second)
		if r := record(t, s); r.Phase != rollout.Rolling || admitted(t, s) != 0 {
			t.Errorf("another one is let in beside it: %s", r.Text())
		}
		put(t, s, store.Hosts+"huge", []byte(strings.Repeat("[", 1<<20)))
		time.Sleep(10 * time.Second)
		if r := record(t, s); r.Phase != rollout.Paused || !strings.Contains(r.Reason, "lost in the middle of its change: huge (its state cannot be read)") {
			t.Errorf("%s, %s", r.Phase, r.Reason)
		}
		put(t, s, store.Rollout, []byte("{"))
		time.Sleep(10 * time.Second)
		got, _ := s.Read(t.Context(), store.Rollout)
		if v, _ := got.Get(store.Rollout); string(v.Data) != "{" {
			t.Errorf("a record that cannot be read was replaced by %s", v.Data)
		}
		stop()
		synctest.Wait()
	})
}

// restored is a store that is set back to another one without a word: watches wait for
// revisions that are far away, as those of etcd do.
type restored struct {
	*table.Table // before
	mu           sync.Mutex
	now          *table.Table
}

func (s *restored) table() *table.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *restored) Read(ctx context.Context, key string) (store.Snapshot, error) {
	return s.table().Read(ctx, key)
}

func (s *restored) Commit(ctx context.Context, cond []store.Condition, ch []store.Change) (int64, bool, error) {
	return s.table().Commit(ctx, cond, ch)
}

func (s *restored) Grant(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	return s.table().Grant(ctx, ttl)
}

func (s *restored) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	return s.table().Watch(ctx, key, after)
}

// A leader whose watches have become deaf finds out, and decides on what is there.
func TestAStoreThatWasSetBackIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := seeded(t, 9), seeded(t, 1)
		r := record(t, before)
		r.Phase, r.Stage = rollout.Done, 5
		put(t, before, store.Rollout, r.Text())
		s := &restored{Table: before, now: before}
		l, stop := run(s, "x")
		time.Sleep(time.Minute)
		if !l.Stats().Leads {
			t.Fatal("it does not lead")
		}
		s.mu.Lock()
		s.now = after
		s.mu.Unlock()
		time.Sleep(3 * time.Minute)
		if r := record(t, after); r.Phase != rollout.Rolling {
			t.Errorf("the rollout is %s", r.Phase)
		}
		stop()
		synctest.Wait()
	})
}
