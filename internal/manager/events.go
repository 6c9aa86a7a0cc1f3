// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"sync"
	"time"

	"kresd-manager/units"
)

// What is told of a transition while it goes on, to all who listen.

// eventBuffer is how many events a reader may be behind before it loses some.
const eventBuffer = 256

// events hands out what happens to all who listen. It never waits for a reader.
type events struct {
	mu      sync.Mutex
	n       uint64
	run     string // of the ids, "" until one was asked for
	ring    ring
	readers map[chan units.Event]struct{}
}

// Events returns what happens from now on. The channel is closed when the
// context ends. A reader that is more than some hundred events behind loses
// some, which the numbers tell.
func (m *Manager) Events(ctx context.Context) <-chan units.Event {
	e := &m.events
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.listenLocked(ctx)
}

// listenLocked adds a reader until the context ends.
func (e *events) listenLocked(ctx context.Context) <-chan units.Event {
	ch := make(chan units.Event, eventBuffer)
	if e.readers == nil {
		e.readers = map[chan units.Event]struct{}{}
	}
	e.readers[ch] = struct{}{}
	context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.readers, ch)
		close(ch)
	})
	return ch
}

// tell gives an event its number and its time.
func (e *events) tell(ev units.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.n++
	ev.N, ev.When = e.n, time.Now()
	e.ring.add(ev)
	for ch := range e.readers {
		select {
		case ch <- ev:
		default:
		}
	}
}
