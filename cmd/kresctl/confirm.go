// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"

	"github.com/spf13/cobra"
)

func (a *app) confirmCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "confirm [-q]",
		Short: "keep a change that waits to be confirmed",
		Long: `Keep the change that was made with --confirm-within, and all later ones. Fails
if no change waits; it may have been undone already.`,
		Example: `  kresctl config set --confirm-within 5m -p /network/listen @listen.yaml
  kresctl confirm`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				e, err := c.Confirm(ctx)
				if err != nil {
					return err
				}
				switch {
				case a.json:
					return present.JSON(a.stdout, e)
				case !a.quiet:
					fmt.Fprintf(a.stdout, "change %d stays\n", e.ID)
				}
				return nil
			})
		},
	}
	hasJSON(cmd)
	return cmd
}
