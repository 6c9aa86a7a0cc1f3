// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) eventsCommand() *cobra.Command {
	var long time.Duration
	cmd := &cobra.Command{
		Use:   "events [-f] [--reconnect TIME] [--json]",
		Short: "show what happens, as it happens",
		Long: `Show what happens, until you interrupt it: changes with their plans, each step
as it begins and ends, crashes of workers, repairs, and returns to what ran
before. What is in progress or waits already is shown first.

The command goes on when kresd-manager restarts. It fails when someone stops
kresd-manager, or when it is not back after the TIME of --reconnect.`,
		Example: `  kresctl events
  kresctl events --json | jq -c .`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				if err := a.printInProgress(ctx, c); err != nil {
					return err
				}
				stream := func(ctx context.Context, told func(units.Event)) error { return c.Events(ctx, a.reconnect(long), told) }
				return follow(ctx, stream, func(e units.Event) error {
					if a.json {
						return present.JSONLine(a.stdout, e)
					}
					return present.Event(a.stdout, e)
				})
			})
		},
	}
	cmd.Flags().BoolP("follow", "f", true, "go on until you interrupt it, as it always does")
	reconnectFlag(cmd.Flags(), &long)
	hasJSON(cmd)
	return cmd
}

// printInProgress says what whoever comes in the middle has not seen begin.
func (a *app) printInProgress(ctx context.Context, c *client.Client) error {
	if a.json {
		return nil // events alone
	}
	all, err := c.Changes(ctx)
	if err != nil {
		return err
	}
	for _, ch := range all.Changes {
		if ch.State.Ended() {
			continue
		}
		if _, err := fmt.Fprintln(a.stdout, present.InProgress(ch.ChangeStatus, time.Now())); err != nil {
			return err
		}
	}
	return nil
}
