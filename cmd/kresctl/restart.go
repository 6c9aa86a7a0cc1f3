// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/units"
)

func (a *app) restartCommand() *cobra.Command {
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   "restart [--dry-run] [--if-match ETAG] [-m COMMENT] [UNIT…]",
		Short: "restart workers, without losing a query",
		Long: `Restart all workers, or the workers, components and garbage collector that you
name. Each worker is drained before it stops and must answer before the next one
follows; a spare serves in place of the only worker. The configuration does not
change, so the history has no number for it, as with reload --force.`,
		Example: `  kresctl restart
  kresctl restart 1 -m 'new libraries'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, err := unitArgs(cmd, args)
			if err != nil {
				return err
			}
			return a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
				return c.Restart(ctx, named, opt)
			})
		},
	}
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print the plan and change nothing")
	ifMatchFlag(cmd, &opt)
	cmd.Flags().StringVarP(&opt.Comment, "comment", "m", "", "say why, as `COMMENT` in the log")
	hasJSON(cmd)
	return cmd
}
