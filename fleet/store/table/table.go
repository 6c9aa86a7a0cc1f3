// SPDX-License-Identifier: Apache-2.0

// Package table is a store in the memory of one process: what kres-fleet serve serves,
// and what tests simulate a store with.
package table

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kresd-manager/fleet/store"
)

// keptEvents is how far back a watch may begin.
const keptEvents = 4096

// Table is a store. It is safe for concurrent use.
type Table struct {
	mu       sync.Mutex
	revision int64
	values   map[string]entry
	events   []store.Event // the last ones
	dropped  int64         // revision of the newest event that is not kept
	changed  chan struct{} // closed at each change
	leases   map[int64]*Lease
	last     int64 // lease
	save     func([]byte) error
}

type entry struct {
	store.Value
	lease int64
}

// New returns an empty table.
func New() *Table {
	return &Table{revision: 1, values: map[string]entry{}, changed: make(chan struct{}), leases: map[int64]*Lease{}}
}

// Restore returns a table with what save was given, "" for nothing; save gets all of it
// before each change takes effect, but for what goes with a lease.
func Restore(kept []byte, save func([]byte) error) (*Table, error) {
	t := New()
	t.save = save
	if len(kept) == 0 {
		return t, nil
	}
	var s store.Snapshot
	if err := json.Unmarshal(kept, &s); err != nil {
		return nil, fmt.Errorf("cannot read what was kept: %w", err)
	}
	// What went with leases since then had revisions, too.
	t.revision = s.Revision + 1_000_000
	t.dropped = t.revision
	for _, v := range s.Values {
		t.values[v.Key] = entry{Value: v}
	}
	return t, nil
}

func (t *Table) snapshot(key string, leased bool) store.Snapshot {
	s := store.Snapshot{Revision: t.revision}
	for _, v := range t.values {
		if store.Under(v.Key, key) && (leased || v.lease == 0) {
			s.Values = append(s.Values, v.Value)
		}
	}
	slices.SortFunc(s.Values, func(a, b store.Value) int { return strings.Compare(a.Key, b.Key) })
	return s
}

// Read implements [store.Store].
func (t *Table) Read(ctx context.Context, key string) (store.Snapshot, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.snapshot(key, true), ctx.Err()
}

// Changed returns the revision of now, and a channel that is closed at the next change.
func (t *Table) Changed() (int64, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.revision, t.changed
}

// Watch implements [store.Store].
func (t *Table) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	out := make(chan store.Event)
	go func() {
		defer close(out)
		for {
			t.mu.Lock()
			missed := after < t.dropped || after > t.revision
			var events []store.Event
			if !missed {
				i, _ := slices.BinarySearchFunc(t.events, after+1, func(e store.Event, r int64) int { return int(e.Revision - r) })
				events = slices.Clone(t.events[i:])
			}
			after = t.revision
			changed := t.changed
			t.mu.Unlock()
			if missed {
				return
			}
			for _, e := range events {
				if !store.Under(e.Key, key) {
					continue
				}
				select {
				case out <- e:
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Commit implements [store.Store].
func (t *Table) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (int64, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, false, err
	}
	for _, c := range conditions {
		v := t.values[c.Key]
		if c.Created != 0 && v.Created != c.Created || c.Created == 0 && v.Revision != c.Revision {
			return t.revision, false, nil
		}
	}
	for _, c := range changes {
		if c.Lease != 0 && t.leases[c.Lease] == nil {
			return 0, false, fmt.Errorf("there is no lease %d any more", c.Lease)
		}
	}
	return t.changeLocked(changes)
}

// changeLocked carries changes out, all in one revision.
func (t *Table) changeLocked(changes []store.Change) (int64, bool, error) {
	before, lasting := make(map[string]entry), false
	r := t.revision + 1
	var events []store.Event
	for _, c := range changes {
		old, there := t.values[c.Key]
		if _, ok := before[c.Key]; !ok {
			before[c.Key] = old
		}
		lasting = lasting || c.Lease == 0 && (!c.Delete || there && old.lease == 0)
		if c.Delete {
			if there {
				delete(t.values, c.Key)
				events = append(events, store.Event{Value: store.Value{Key: c.Key, Revision: r}, Deleted: true})
			}
			continue
		}
		v := entry{store.Value{Key: c.Key, Data: slices.Clone(c.Data), Revision: r, Created: old.Created}, c.Lease}
		if !there {
			v.Created = r
		}
		t.values[c.Key] = v
		events = append(events, store.Event{Value: v.Value})
	}
	if len(events) == 0 {
		return t.revision, true, nil
	}
	if t.save != nil && lasting {
		s := t.snapshot("", false)
		s.Revision = r
		text, err := json.Marshal(s)
		if err == nil {
			err = t.save(text)
		}
		if err != nil {
			for key, old := range before {
				if t.values[key] = old; old.Created == 0 {
					delete(t.values, key)
				}
			}
			return 0, false, fmt.Errorf("cannot keep the change: %w", err)
		}
	}
	t.revision = r
	t.events = append(t.events, events...)
	if n := len(t.events) - keptEvents; n > 0 {
		t.dropped = t.events[n-1].Revision
		t.events = slices.Delete(t.events, 0, n)
	}
	close(t.changed)
	t.changed = make(chan struct{})
	return r, true, nil
}

// ReadOnly implements [store.Store].
func (t *Table) ReadOnly() bool { return false }

// Close implements [store.Store]. A table may be closed by each of its users.
func (t *Table) Close() error { return nil }

// Grant implements [store.Store].
func (t *Table) Grant(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	l := t.GrantRaw(ttl)
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		for {
			select {
			case <-time.After(ttl / 3):
				if !t.Keep(l.id) {
					return
				}
			case <-l.gone:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return l, nil
}

// Lease is one of a table.
type Lease struct {
	t     *Table
	id    int64
	ttl   time.Duration
	gone  chan struct{}
	timer *time.Timer
	stop  context.CancelFunc // of whoever keeps it alive here
}

// Abandon implements [store.Lease].
func (l *Lease) Abandon() {
	if l.stop != nil {
		l.stop()
	}
}

func (l *Lease) ID() int64             { return l.id }
func (l *Lease) Gone() <-chan struct{} { return l.gone }

func (l *Lease) Release(context.Context) {
	l.Abandon()
	l.t.End(l.id)
}

// GrantRaw gives a lease that whoever has it keeps alive.
func (t *Table) GrantRaw(ttl time.Duration) *Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	l := &Lease{t: t, id: t.last, ttl: ttl, gone: make(chan struct{})}
	l.timer = time.AfterFunc(ttl, func() { t.End(l.id) })
	t.leases[l.id] = l
	return l
}

// Has reports whether there is a lease.
func (t *Table) Has(id int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.leases[id] != nil
}

// Keep keeps a lease alive, and reports whether there is one.
func (t *Table) Keep(id int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.leases[id]
	if l == nil {
		return false
	}
	l.timer.Reset(l.ttl)
	return true
}

// End ends a lease, with its keys.
func (t *Table) End(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.leases[id]
	if l == nil {
		return
	}
	l.timer.Stop()
	delete(t.leases, id)
	close(l.gone)
	var gone []store.Change
	for key, v := range t.values {
		if v.lease == id {
			gone = append(gone, store.Change{Key: key, Delete: true})
		}
	}
	_, _, _ = t.changeLocked(gone) // nothing of it is kept, which alone may fail
}
