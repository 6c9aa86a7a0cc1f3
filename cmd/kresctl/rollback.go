// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) rollbackCommand() *cobra.Command {
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:        "rollback [--dry-run] [--if-match ETAG] [--confirm-within TIME] [-m COMMENT] [-q] [N]",
		SuggestFor: []string{"undo", "revert", "restore"},
		Short:      "return to the configuration of an earlier change",
		Long: `Make the configuration after change N the running one, see kresctl history;
without N, the one that ran before. The changes that this undoes are listed. A
rollback is a change like any other: checked, tried, undone if it fails, and in
the history. The configuration file stays as it is.`,
		Example: `  kresctl rollback --dry-run 24
  kresctl rollback -m "the new certificate was wrong"`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := entryArg(cmd, args)
			if err != nil {
				return err
			}
			return a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
				h, _ := c.History(ctx) // a rollback needs none
				report, err := c.Rollback(ctx, id, opt)
				if err == nil && !a.quiet && !a.json {
					_ = present.Undone(a.stdout, h.Undone(id))
				}
				return report, err
			})
		},
	}
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print what differs and the plan, and change nothing")
	termFlags(cmd, &opt)
	return cmd
}
