// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
)

func (a *app) rollbackCommand() *cobra.Command {
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   "rollback [--dry-run] [--confirm-within TIME] [-m COMMENT] [-q] [N]",
		Short: "return to the configuration of an earlier change",
		Long: `Make the configuration of change N the running one, see kresctl history; without
N that which ran before the running one. It is a change like any other: checked,
tried, undone if it fails, and in the history. The configuration file stays as
it is.`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := entryArg(cmd, args)
			if err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			defer a.showProgress(cmd.Context(), c)()
			report, err := c.Rollback(cmd.Context(), id, opt)
			if err != nil {
				return err
			}
			a.printReport(report)
			return nil
		},
	}
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print what differs and the plan, and change nothing")
	termFlags(cmd, &opt)
	a.quietFlag(cmd)
	return cmd
}
