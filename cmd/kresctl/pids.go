// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) pidsCommand() *cobra.Command {
	kinds := []string{"all", "kresd", "gc"}
	cmd := &cobra.Command{
		Use:   "pids [--json] [all|kresd|gc]",
		Short: "print the process ids of the units",
		Long: `Print the process ids of the workers (kresd), of the garbage collector (gc), or
of everything that runs except the manager, one a line.`,
		Example: `  kresctl pids kresd
  perf top -p $(kresctl pids kresd | paste -sd,)`,
		ValidArgs: kinds,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && !slices.Contains(kinds, args[0]) {
				return usage(cmd, "%q is not a type of process; use all, kresd or gc", args[0])
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				kind := "all"
				if len(args) > 0 {
					kind = args[0]
				}
				processes, err := c.Processes(ctx, kind)
				if err != nil {
					return err
				}
				if a.json {
					return present.JSON(a.stdout, processes)
				}
				for _, p := range processes {
					if _, err := fmt.Fprintln(a.stdout, p.PID); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	hasJSON(cmd)
	return cmd
}
