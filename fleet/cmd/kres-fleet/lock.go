// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"kresd-manager/fleet/fleetlock"
	"kresd-manager/fleet/settings"
)

func (a *app) lockCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "lock -- COMMAND [ARGUMENT…]", Short: "run a command while this host has the lock of its FleetLock group",
		Long: `Take the lock of the FleetLock server in the settings, run a command, and give the
lock back, whatever came of it: so that an upgrade or a restart shares the budget of
rollouts and reboots. The lock is one of its own, beside that which the agent of this
host may have. SIGTERM and SIGINT are passed on, and the lock is given back when the
command has ended. The exit status is that of the command, 128 and its number for a
signal; 1 if the lock was not had or the command cannot be run.`,
		Args: args(1, -1, "COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settings.Read(a.settings)
			if err != nil {
				return err
			}
			if s.FleetLock == "" {
				return fmt.Errorf("%s: fleetlock, the URL of a server, is not set", a.settings)
			}
			path, err := exec.LookPath(args[0])
			if err != nil { // before the lock is asked for
				return fmt.Errorf("cannot run %s: there is no such command", args[0])
			}
			// The agent gives its lock back when it has done its part, which must not be this one.
			c, err := fleetlock.New(s.FleetLock, s.Host+"/lock", s.LockGroup)
			if err != nil {
				return err
			}
			if err := insist(cmd.Context(), wait, c.Take); err != nil {
				return err
			}
			defer func() {
				if err := c.Give(context.WithoutCancel(cmd.Context())); err != nil {
					fmt.Fprintf(a.stderr, "kres-fleet: the lock is not given back: %v\n", err)
				}
			}()
			return ended(a.command(cmd.Context(), path, args[1:]).Run())
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "for how long to ask for the lock, as `10m`; once if 0")
	return cmd
}

// insist tries until it succeeds, or the time is over.
func insist(ctx context.Context, wait time.Duration, try func(context.Context) error) error {
	deadline := time.Now().Add(wait)
	for {
		err := try(ctx)
		if err == nil || !time.Now().Before(deadline) {
			return err
		}
		select {
		case <-time.After(min(10*time.Second, max(100*time.Millisecond, wait/20))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// command is one that is asked to end when the context does, and not killed: an upgrade
// that is cut off is worse than a late one.
func (a *app) command(ctx context.Context, path string, args []string) *exec.Cmd {
	run := exec.CommandContext(ctx, path, args...)
	run.Stdin, run.Stdout, run.Stderr = a.stdin, os.Stdout, os.Stderr // as it is: it is for its own terminal
	run.Cancel = func() error { return run.Process.Signal(unix.SIGTERM) }
	return run
}

// ended gives the exit status of a command.
func ended(err error) error {
	var e *exec.ExitError
	if errors.Is(err, context.Canceled) { // it was asked to end, and did so well
		return nil
	}
	if !errors.As(err, &e) {
		return err
	}
	if status, ok := e.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return statusError(128 + int(status.Signal()))
	}
	return statusError(e.ExitCode())
}
