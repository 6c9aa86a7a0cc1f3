// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func (a *app) stopCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "stop the resolver and its manager",
		Long: `Stop all workers and then the manager. To stop the manager alone, while DNS is
served on, use systemctl stop kresd-manager.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Stop(cmd.Context())
		},
	}
}
