// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/present"
)

func (a *app) planCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan [--json]",
		Short: "print what a reload would do",
		Long: `Print what a reload would do now: what differs in the configuration, the steps
that lead from what runs to what the configuration file says, and what clients
notice of them. Nothing is changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			report, err := c.Plan(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return present.JSON(a.stdout, report)
			}
			_, err = fmt.Fprint(a.stdout, report.String())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
