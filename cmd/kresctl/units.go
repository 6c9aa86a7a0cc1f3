// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) unitsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "units [--json] [UNIT…]",
		Short: "list the units with their states",
		Long: `List the units with their states, or those that you name: workers, the
policy-loader, the garbage collector and components. CONFIG is old where a
process does not run the configuration it should.`,
		Example: `  kresctl units
  kresctl units 1 gc`,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, err := unitArgs(cmd, args)
			if err != nil {
				return err
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				all, err := c.Units(ctx)
				if err != nil {
					return err
				}
				if all, err = units.Pick(all, named); err != nil {
					return err
				}
				if a.json {
					return present.JSON(a.stdout, all)
				}
				return present.Units(a.stdout, all, time.Now())
			})
		},
	}
	hasJSON(cmd)
	return cmd
}
