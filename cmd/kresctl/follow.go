// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"kresd-manager/internal/client"
)

// reconnectFlag is how long a command that follows a stream goes on without a manager.
func reconnectFlag(flags *pflag.FlagSet, long *time.Duration) {
	flags.DurationVar(long, "reconnect", time.Minute, "with -f: how long to wait for a manager that restarts, as `TIME`; 0 is not at all")
}

// reconnect says on stderr when a stream breaks off and goes on.
func (a *app) reconnect(long time.Duration) client.Reconnect {
	say := func(text string) func() {
		return func() {
			if !a.quiet {
				fmt.Fprintln(a.stderr, "kresctl: "+text)
			}
		}
	}
	return client.Reconnect{For: long, Lost: say("kresd-manager restarts; this goes on when it is back"), Back: say("kresd-manager is back")}
}

// follow prints what a stream tells until it ends, or until that cannot be printed any
// more: then no one would notice that something is left out.
func follow[T any](ctx context.Context, stream func(ctx context.Context, told func(T)) error, write func(T) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	err := stream(ctx, func(v T) {
		if failed == nil {
			failed = write(v)
		}
		if failed != nil {
			stop()
		}
	})
	if failed != nil {
		return failed
	}
	return err
}
