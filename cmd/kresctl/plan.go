// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) planCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan [--json]",
		Short: "print what a reload would do",
		Long: `Print what a reload would do now: what differs in the configuration, the steps
that lead from what runs to what the configuration file says, and what clients
notice of them. Nothing is changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				report, err := c.Plan(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return present.JSON(a.stdout, report)
				}
				return present.Report(a.stdout, report, a.verbose)
			})
		},
	}
	hasJSON(cmd)
	return cmd
}
