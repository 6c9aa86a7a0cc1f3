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
	var yes bool
	cmd := &cobra.Command{
		Use:   "stop [--yes]",
		Short: "stop the resolver and its manager",
		Long: `Stop all workers, then the manager. On a terminal it asks first, unless you pass
--yes. To stop the manager alone, and keep DNS running, use
systemctl stop kresd-manager.

Unsaved API changes are dropped, because the next start reads the file; stop
names the kresctl rollback that restores them.`,
		Example: `  kresctl stop
  kresctl stop --yes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				dropped := unsaved(ctx, c)
				if !yes {
					if err := a.sure(ctx, "Stop the resolver? No DNS query is answered until it is started again."); err != nil {
						return err
					}
				}
				if err := c.Stop(ctx); err != nil {
					return err
				}
				if !a.quiet {
					fmt.Fprint(a.stdout, "all workers have stopped, and kresd-manager ends; to start again: systemctl start kresd-manager\n"+dropped)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
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
