// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/fleetlock"
	"kresd-manager/fleet/settings"
)

func (a *app) lockCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "lock -- COMMAND [ARGUMENT…]", Short: "run a command while this host has the lock of its FleetLock group",
		Long: `Take the lock of the FleetLock server in the settings, run a command, and give the
lock back, whatever came of it: so that an upgrade or a restart shares the budget of
rollouts and reboots. The exit status is that of the command; 1 if the lock was not had.`,
		Args: args(1, -1, "COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settings.Read(a.settings)
			if err != nil {
				return err
			}
			if s.FleetLock == "" {
				return fmt.Errorf("%s: fleetlock, the URL of a server, is not set", a.settings)
			}
			c, err := fleetlock.New(s.FleetLock, s.Host, s.LockGroup)
			if err != nil {
				return err
			}
			if err := take(cmd.Context(), c, wait); err != nil {
				return err
			}
			defer func() {
				if err := c.Give(context.WithoutCancel(cmd.Context())); err != nil {
					fmt.Fprintf(a.stderr, "kres-fleet: the lock is not given back: %v\n", err)
				}
			}()
			run := exec.CommandContext(cmd.Context(), args[0], args[1:]...)
			run.Stdin, run.Stdout, run.Stderr = a.stdin, a.stdout, a.stderr
			err = run.Run()
			var ended *exec.ExitError
			if errors.As(err, &ended) && ended.ExitCode() > 0 {
				return statusError(ended.ExitCode())
			}
			return err
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "for how long to ask for the lock, as `10m`; once if 0")
	return cmd
}

// take asks for the lock until it is had, or the time is over.
func take(ctx context.Context, c *fleetlock.Client, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for {
		err := c.Take(ctx)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(min(10*time.Second, max(time.Second, wait/20))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
