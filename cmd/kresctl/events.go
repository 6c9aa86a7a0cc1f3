// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) eventsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "events [--json]",
		Short: "show what happens, as it happens",
		Long: `Show what happens from now on, until you interrupt it: changes with their plans,
each step as it begins and ends, repairs, and going back to what ran before. It
fails when kresd-manager ends.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return follow(cmd.Context(), c.Events, func(e units.Event) error {
				if asJSON {
					return present.JSONLine(a.stdout, e)
				}
				return present.Event(a.stdout, e)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, one event a line")
	return cmd
}
