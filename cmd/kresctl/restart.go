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
		Long: `Restart all workers, or the units that are named: workers, as 1 or kresd@1,
components and the garbage collector. Each worker is drained before it stops
and has to answer before the next one follows; the only worker has a spare
serve in its place. The configuration stays what it is, so that the history
has no number for it, as with reload --force.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var named []string
			for _, arg := range args {
				unit, err := unitArg(cmd, arg)
				if err != nil {
					return err
				}
				named = append(named, unit)
			}
			return a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
				return c.Restart(ctx, named, opt)
			})
		},
	}
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print the plan and change nothing")
	ifMatchFlag(cmd, &opt)
	cmd.Flags().StringVarP(&opt.Comment, "comment", "m", "", "say why, for the log")
	hasJSON(cmd)
	return cmd
}
