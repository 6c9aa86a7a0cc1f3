// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) cacheStatsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats [--json]",
		Short: "show how full the cache is, and what it is good for",
		Long: `Show the entries of the cache that the workers share, how much of it is in use,
which part of the answers came from it alone, and what each worker has read and
written since it started.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				s, err := c.CacheStatistics(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return present.JSON(a.stdout, s)
				}
				return present.CacheStatistics(a.stdout, s)
			})
		},
	}
	hasJSON(cmd)
	return cmd
}
