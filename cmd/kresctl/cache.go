// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/cmdline/program"
)

func (a *app) cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "show or clear the cache",
		Args:  cobra.ArbitraryArgs,
		RunE:  program.NeedsCommand,
	}
	cmd.AddCommand(a.cacheClearCommand(), a.cacheStatsCommand())
	return cmd
}
