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
		Short: "show how full the cache is, and how much it answers",
		Long: `Show how many entries the cache has, how full it is, the share of answers that
came from it alone, and what each worker has read and written since it started.`,
		Example: `  kresctl cache stats`,
		Args:    noArgs,
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
