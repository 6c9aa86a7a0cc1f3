// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "read, change and explain the configuration",
		Args:  cobra.ArbitraryArgs,
		RunE:  needsCommand,
	}
	cmd.AddCommand(a.configGetCommand(), a.configSetCommand(), a.configDeleteCommand(), a.configExplainCommand(), a.configSaveCommand())
	return cmd
}
