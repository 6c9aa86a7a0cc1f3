// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/cmdline/program"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "read, change and explain the configuration",
		Args:  cobra.ArbitraryArgs,
		RunE:  program.NeedsCommand,
	}
	cmd.AddCommand(a.configGetCommand(), a.configSetCommand(), a.configDeleteCommand(), a.configExplainCommand(), a.configSaveCommand())
	return cmd
}
