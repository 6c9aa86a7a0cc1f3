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
		Long: `Give up the change that is in progress, such as one that loads a very large
response policy zone. What ran before is restored, and whoever asked for the
change is told that it failed. N names the change, as kresctl status shows it;
it may also wait for its turn, and does not begin then.`,
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
