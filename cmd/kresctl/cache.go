// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func (a *app) cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "clear the cache",
		Args:  cobra.ArbitraryArgs,
		RunE:  needsCommand,
	}
	cmd.AddCommand(a.cacheClearCommand())
	return cmd
}
