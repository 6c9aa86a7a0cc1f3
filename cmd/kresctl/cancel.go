// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
)

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel",
		Short: "give up the change in progress",
		Long: `Give up the change that is in progress, such as one that loads a very large
response policy zone. What ran before is restored, and whoever asked for the
change is told that it failed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				return c.Cancel(ctx)
			})
		},
	}
}
