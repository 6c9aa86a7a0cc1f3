// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"context"
	"errors"
	"sync"
	"time"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
)

// Cable is the way of one process to a table: a store that can be cut, and led to another
// table. It is safe for concurrent use.
type Cable struct {
	mu    sync.Mutex
	table *table.Table
	cut   bool
	moved chan struct{} // closed when it was cut, or led elsewhere
}

// ErrCut is why a store cannot be reached whose cable is cut.
var ErrCut = errors.New("the cable is cut")

// NewCable returns a cable to a table.
func NewCable(t *table.Table) *Cable { return &Cable{table: t, moved: make(chan struct{})} }

// Cut cuts it: what watches over it ends, and leases are lost once their time is over.
func (c *Cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.cut {
		c.cut = true
		c.move()
	}
}

// Lead has it lead to a table, whether or not it was cut. Where it leads there already,
// nothing changes.
func (c *Cable) Lead(t *table.Table) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut || c.table != t {
		c.cut, c.table = false, t
		c.move()
	}
}

func (c *Cable) move() {
	close(c.moved)
	c.moved = make(chan struct{})
}

func (c *Cable) get() (*table.Table, <-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return nil, nil, ErrCut
	}
	return c.table, c.moved, nil
}

// Err is [ErrCut] while it is cut.
func (c *Cable) Err() error {
	_, _, err := c.get()
	return err
}

// Read implements [store.Store].
func (c *Cable) Read(ctx context.Context, key string) (store.Snapshot, error) {
	t, _, err := c.get()
	if err != nil {
		return store.Snapshot{}, err
	}
	return t.Read(ctx, key)
}

// Commit implements [store.Store].
func (c *Cable) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (int64, bool, error) {
	t, _, err := c.get()
	if err != nil {
		return 0, false, err
	}
	return t.Commit(ctx, conditions, changes)
}

// Watch implements [store.Store].
func (c *Cable) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	out := make(chan store.Event)
	t, moved, err := c.get()
	if err != nil {
		close(out)
		return out
	}
	ctx, cancel := context.WithCancel(ctx)
	events := t.Watch(ctx, key, after)
	go func() {
		defer close(out)
		defer cancel()
		for {
			select {
			case e, ok := <-events:
				if !ok {
					return
				}
				select {
				case out <- e:
				case <-moved:
					return
				case <-ctx.Done():
					return
				}
			case <-moved:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// ReadOnly implements [store.Store].
func (c *Cable) ReadOnly() bool { return false }

// Close implements [store.Store].
func (c *Cable) Close() error { return nil }

// lease is one that is lost when the cable is cut for longer than it lasts, or leads to a
// table that does not have it.
type lease struct {
	*table.Lease
	gone chan struct{}
	stop context.CancelFunc
}

func (l lease) Gone() <-chan struct{}       { return l.gone }
func (l lease) Abandon()                    { l.stop() }
func (l lease) Release(ctx context.Context) { l.stop(); l.Lease.Release(ctx) }

// Grant implements [store.Store].
func (c *Cable) Grant(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	t, _, err := c.get()
	if err != nil {
		return nil, err
	}
	l := lease{Lease: t.GrantRaw(ttl), gone: make(chan struct{})}
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(l.gone)
		kept := time.Now()
		for {
			select {
			case <-time.After(ttl / 3):
			case <-ctx.Done():
				return
			}
			now, _, err := c.get()
			if err == nil && !now.Keep(l.ID()) || time.Since(kept) >= ttl {
				return
			}
			if err == nil {
				kept = time.Now()
			}
		}
	}()
	return l, nil
}
