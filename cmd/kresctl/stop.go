// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) stopCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "stop the resolver and its manager",
		Long: `Stop all workers and then the manager. To stop the manager alone, while DNS is
served on, use systemctl stop kresd-manager.

The next start reads the file. What was changed over the API and is not in it is
dropped; kresctl says so, and which kresctl rollback brings it back.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				dropped := unsaved(ctx, c)
				if err := c.Stop(ctx); err != nil {
					return err
				}
				fmt.Fprint(a.stdout, dropped)
				return nil
			})
		},
	}
}

// unsaved says what a stop drops, "" for nothing. Whoever may stop the resolver
// may do so also when that cannot be found out.
func unsaved(ctx context.Context, c *client.Client) string {
	status, err := c.Status(ctx)
	if err != nil {
		return ""
	}
	history, _ := c.History(ctx)
	return present.Dropped(status, history)
}
