// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	"kresd-manager/fleet/store"
)

// dead is a store for an agent that was killed: it answers nothing more.
type dead struct{ store.Store }

func (dead) Commit(ctx context.Context, _ []store.Condition, _ []store.Change) (int64, bool, error) {
	return 0, false, context.Canceled
}
func (dead) Grant(context.Context, time.Duration) (store.Lease, error) { return nil, context.Canceled }

// freeze makes the agent one that was killed: it writes nothing down, changes nothing and
// tells nothing from now on. Its lease runs out.
func (b *bench) freeze() {
	a := b.agent
	a.mu.Lock()
	a.up = false
	a.mu.Unlock()
	a.StateDir, a.File = "/nonexistent", "/nonexistent/file"
	a.Store = dead{a.Store}
	a.Manager = newFake("{}\n", func() []byte { return []byte("{}\n") })
	b.cancel()
}
