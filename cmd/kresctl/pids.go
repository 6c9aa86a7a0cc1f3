// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"kresd-manager/internal/present"
)

func (a *app) pidsCommand() *cobra.Command {
	var asJSON bool
	kinds := []string{"all", "kresd", "gc"}
	cmd := &cobra.Command{
		Use:   "pids [--json] [all|kresd|gc]",
		Short: "print the process ids of what runs",
		Long: `Print the process ids of the workers (kresd), of the garbage collector (gc), or
of all that runs, one a line. The manager is not among them.`,
		ValidArgs: kinds,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && !slices.Contains(kinds, args[0]) {
				return usage(cmd, "there are processes all, kresd and gc, not %q", args[0])
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			kind := "all"
			if len(args) > 0 {
				kind = args[0]
			}
			processes, err := c.Processes(cmd.Context(), kind)
			if err != nil {
				return err
			}
			if asJSON {
				return present.JSON(a.stdout, processes)
			}
			for _, p := range processes {
				if _, err := fmt.Fprintln(a.stdout, p.PID); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, with type and state")
	return cmd
}
