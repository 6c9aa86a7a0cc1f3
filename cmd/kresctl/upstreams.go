// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

// slowest is how many servers are shown.
const slowest = 20

func (a *app) upstreamsCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "upstreams [--all] [--json]",
		Short: "show how fast upstream servers answer",
		Long: `Show the round-trip times of the servers that workers asked lately, the slowest
first, and how many queries of each worker timed out since it started. A worker
keeps the times of its last 512 answers.`,
		Example: `  kresctl upstreams --all`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				u, err := c.Upstreams(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return present.JSON(a.stdout, u)
				}
				most := slowest
				if all {
					most = len(u.Servers)
				}
				return present.Upstreams(a.stdout, u, most)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show all servers, and not the 20 slowest only")
	hasJSON(cmd)
	return cmd
}
