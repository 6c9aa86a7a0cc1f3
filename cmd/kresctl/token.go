// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/cmdline/program"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "make tokens for callers over TCP, and hash them",
		RunE:  program.NeedsCommand,
	}
	cmd.AddCommand(a.tokenHashCommand(), a.tokenNewCommand())
	return cmd
}
