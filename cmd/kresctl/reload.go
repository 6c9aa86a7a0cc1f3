// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/units"
)

func (a *app) reloadCommand() *cobra.Command {
	return a.againCommand("reload", "read the configuration file again and apply it",
		`Read the configuration file again and apply it. Changes made with config set
are dropped. Files that it names, as certificates, lists and scripts, are taken
over by those who read them if they have changed. If the file is not usable, or
a worker refuses it, nothing changes and the command fails.`,
		(*client.Client).Reload, true)
}

func (a *app) renewCommand() *cobra.Command {
	return a.againCommand("renew", "apply the running configuration once more",
		`Apply the running configuration once more: bring back what stopped, and take
over files that the configuration only names, as they are.`,
		(*client.Client).Renew, false)
}

func (a *app) againCommand(name, short, long string,
	do func(*client.Client, context.Context, bool, client.ChangeOptions) (units.Report, error), changes bool,
) *cobra.Command {
	var force bool
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   name + " [--force] [--dry-run]",
		Short: short,
		Long:  long,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			defer a.showProgress(cmd.Context(), c)()
			report, err := do(c, cmd.Context(), force, opt)
			if err != nil {
				return err
			}
			a.printReport(report)
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "restart everything even if nothing differs")
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print the plan and change nothing")
	if changes {
		cmd.Use += " [--confirm-within TIME] [-m COMMENT]"
		termFlags(cmd, &opt)
	}
	a.quietFlag(cmd)
	return cmd
}
