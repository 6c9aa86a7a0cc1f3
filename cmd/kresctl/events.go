// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) eventsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "events [--json]",
		Short: "show what happens, as it happens",
		Long: `Show what happens from now on, until you interrupt it: changes with their plans,
each step as it begins and ends, repairs, and going back to what ran before. It
fails when kresd-manager ends.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				return follow(ctx, c.Events, func(e units.Event) error {
					if a.json {
						return present.JSONLine(a.stdout, e)
					}
					return present.Event(a.stdout, e)
				})
			})
		},
	}
	hasJSON(cmd)
	return cmd
}
