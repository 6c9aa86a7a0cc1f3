// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Times between two looks whether it is time to end idle; the longer one is of a
// manager that no one uses and that is needed for something.
const (
	leastLook = 100 * time.Millisecond
	mostLook  = 10 * time.Second
)

// errNeeded ends a manager that was about to end idle when work came in between;
// systemd starts the next one because of its exit status.
var errNeeded = errors.New("a request came while the idle manager ended; starting again")

// idler is what decides whether the manager may end idle.
type idler struct {
	after   func() time.Duration             // of what runs; 0 is never
	unused  func() time.Duration             // for how long no one has been connected
	needed  func(ctx context.Context) string // why not, "" for no reason
	changed <-chan struct{}                  // after may be another one
	log     *slog.Logger
}

// wait returns when it is time to end, or when the context ends.
func (i *idler) wait(ctx context.Context) {
	said := ""
	for {
		after := i.after()
		pause := max(after-i.unused(), leastLook)
		if after > 0 && i.unused() >= after {
			why := i.needed(ctx)
			if why == "" {
				return
			}
			if why != said {
				i.log.Info("not ending although idle", "reason", why)
				said = why
			}
			pause = min(after, mostLook)
		}
		var again <-chan time.Time // never, unless it may end at all
		if after > 0 {
			again = time.After(pause)
		}
		select {
		case <-ctx.Done():
			return
		case <-i.changed:
		case <-again:
		}
	}
}
