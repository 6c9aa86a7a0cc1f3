// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) confirmCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "confirm [-q]",
		Short: "keep the change that waits to be confirmed",
		Long: `Keep the change that was made with --confirm-within, and all that came after it.
Fails if no change waits: it may have been undone already.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			e, err := c.Confirm(cmd.Context())
			if err != nil {
				return err
			}
			if !a.quiet {
				fmt.Fprintf(a.stdout, "change %d stays\n", e.ID)
			}
			return nil
		},
	}
	a.quietFlag(cmd)
	return cmd
}
