// SPDX-License-Identifier: Apache-2.0

package inmemory

import (
	"context"
	"sync"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// holds keeps calls of the manager from coming to an end. It is safe for
// concurrent use.
type holds struct {
	mu sync.Mutex
	on map[string]*hold // by verb
}

type hold struct {
	entered chan struct{}
	open    chan struct{}
	once    sync.Once
	release func()
}

// Hold keeps calls of a verb, as start or observe, from coming to an end, so that
// what is in progress stays so. entered is closed when the first one has come; until
// release they wait, or until their callers give up.
func (m *Machine) Hold(verb string) (entered <-chan struct{}, release func()) {
	h := &hold{entered: make(chan struct{}), open: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.open) })
	m.holds.mu.Lock()
	defer m.holds.mu.Unlock()
	if m.holds.on == nil {
		m.holds.on = map[string]*hold{}
	}
	m.holds.on[verb] = h
	return h.entered, h.release
}

func (h *holds) wait(ctx context.Context, verb string) {
	h.mu.Lock()
	on := h.on[verb]
	h.mu.Unlock()
	if on == nil {
		return
	}
	on.once.Do(func() { close(on.entered) })
	select {
	case <-on.open:
	case <-ctx.Done():
	}
}

func (h *holds) releaseAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, on := range h.on {
		on.release()
	}
}

// held is the connection to systemd, with its holds.
type held struct {
	*fakesystemd.Client
	holds *holds
}

// Observe is a call that can be held.
func (b *held) Observe(ctx context.Context, scope units.Scope) (units.Live, error) {
	b.holds.wait(ctx, "observe")
	return b.Client.Observe(ctx, scope)
}

// Start is a call that can be held.
func (b *held) Start(ctx context.Context, name string, terms units.JobTerms) error {
	b.holds.wait(ctx, "start")
	return b.Client.Start(ctx, name, terms)
}

// Restart is a call that can be held.
func (b *held) Restart(ctx context.Context, name string, terms units.JobTerms) error {
	b.holds.wait(ctx, "restart")
	return b.Client.Restart(ctx, name, terms)
}
