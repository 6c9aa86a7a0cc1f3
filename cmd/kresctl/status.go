// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/present"
)

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [--json]",
		Short: "show what runs",
		Long: `Show what runs: the state of the whole, the configuration in force, the last
change, and every unit.

Exit status: 0 all runs as configured, or a change is being applied; 1 the
manager cannot be asked; 3 a unit does not run as configured, the resolver
is stopped, or systemd does not answer.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			s, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = present.JSON(a.stdout, s)
			} else {
				err = present.Status(a.stdout, s, time.Now())
			}
			if err != nil {
				return err
			}
			if s.State != "running" && s.State != "applying" {
				return statusError(exitDegraded)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
