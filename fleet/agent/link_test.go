// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
)

var errCut = errors.New("the store cannot be reached")

// link is the way of one process to a store: it can be cut.
type link struct {
	*table.Table
	// point is called before and after each write.
	point func(at string, changes []store.Change)
	// wrote is told of each write, in their order: order is one for all links of a table.
	wrote func(changes []store.Change, held bool)
	order *sync.Mutex

	mu  sync.Mutex
	cut chan struct{} // closed while it is
}

func newLink(t *table.Table, order *sync.Mutex) *link {
	return &link{Table: t, order: order, cut: make(chan struct{}), point: func(string, []store.Change) {}, wrote: func([]store.Change, bool) {}}
}

func (l *link) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.cut:
		if !cut {
			l.cut = make(chan struct{})
		}
	default:
		if cut {
			close(l.cut)
		}
	}
}

func (l *link) broken() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

func (l *link) err() error {
	select {
	case <-l.broken():
		return errCut
	default:
		return nil
	}
}

func (l *link) Read(ctx context.Context, key string) (store.Snapshot, error) {
	if err := l.err(); err != nil {
		return store.Snapshot{}, err
	}
	return l.Table.Read(ctx, key)
}

func (l *link) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (revision int64, held bool, err error) {
	l.point("before write", changes)
	if err := l.err(); err != nil {
		return 0, false, err
	}
	l.order.Lock()
	revision, held, err = l.Table.Commit(ctx, conditions, changes)
	l.wrote(changes, held && err == nil)
	l.order.Unlock()
	l.point("after write", changes)
	if err == nil {
		err = l.err() // it is done, and the answer is lost
	}
	return revision, held, err
}

func (l *link) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	out := make(chan store.Event)
	ctx, cancel := context.WithCancel(ctx)
	events, broken := l.Table.Watch(ctx, key, after), l.broken()
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
				case <-broken:
					return
				case <-ctx.Done():
					return
				}
			case <-broken:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// held is a lease that is lost when the link is cut for longer than it lasts.
type leased struct {
	*table.Lease
	gone chan struct{}
	stop context.CancelFunc
}

func (l *leased) Gone() <-chan struct{}       { return l.gone }
func (l *leased) Abandon()                    { l.stop() }
func (l *leased) Release(ctx context.Context) { l.stop(); l.Lease.Release(ctx) }

func (l *link) Grant(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	if err := l.err(); err != nil {
		return nil, err
	}
	raw := l.GrantRaw(ttl)
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	h := &leased{raw, make(chan struct{}), stop}
	go func() {
		defer close(h.gone)
		last := time.Now()
		for {
			select {
			case <-time.After(ttl / 3):
			case <-ctx.Done():
				return
			}
			up := l.err() == nil
			if up && !l.Keep(raw.ID()) || time.Since(last) >= ttl {
				return
			}
			if up {
				last = time.Now()
			}
		}
	}()
	return h, nil
}

// die ends the goroutine as the end of its process does: it does nothing more.
func die() { runtime.Goexit() }
