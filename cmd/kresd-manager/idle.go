// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Times between two looks whether it is time to end idle.
const (
	leastLook = 100 * time.Millisecond
	mostLook  = 10 * time.Second
)

// errNeeded ends a manager that was about to end idle when work came in between;
// systemd starts the next one because of its exit status.
var errNeeded = errors.New("a request came while the idle manager ended; starting again")

// idler is what decides whether the manager may end idle.
type idler struct {
	after  func() time.Duration             // of what runs; 0 is never
	unused func() time.Duration             // for how long no one has been connected
	needed func(ctx context.Context) string // why not, "" for no reason
	log    *slog.Logger
}

// wait returns when it is time to end, or when the context ends.
func (i *idler) wait(ctx context.Context) {
	said := ""
	for {
		after, pause := i.after(), mostLook
		if after > 0 {
			pause = min(max(after-i.unused(), leastLook), mostLook)
		}
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
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
