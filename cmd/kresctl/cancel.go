// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) cancelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cancel [N]",
		Short: "give up the change in progress, or change N",
		Long: `Give up the change in progress, such as the load of a very large response policy
zone. No further step begins, what ran before is restored, and the command that
asked for the change fails. N names a change, as kresctl status shows it; it may
also be one that waits for its turn.`,
		Example: `  kresctl cancel
  kresctl cancel 18`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := entryArg(cmd, args)
			if err != nil {
				return err
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				given, err := c.Cancel(ctx, id)
				switch {
				case err != nil:
					return err
				case a.json:
					return present.JSON(a.stdout, given)
				case a.quiet:
					return nil
				}
				_, err = io.WriteString(a.stdout, present.GivenUp(given.ChangeStatus))
				return err
			})
		},
	}
	hasJSON(cmd)
	return cmd
}
