// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) logsCommand() *cobra.Command {
	var q units.LogQuery
	cmd := &cobra.Command{
		Use:   "logs [-f] [-n LINES] [--json] [UNIT…]",
		Short: "show the log of the units",
		Long: `Show the last messages of the workers, of all other units and of the manager,
or of some of them, from the journal; with -f also those to come, until you
interrupt it. It fails when kresd-manager ends before that. It takes the role
read, and no right to read the journal.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range args {
				unit, err := unitArg(cmd, name)
				if err != nil {
					return err
				}
				q.Units = append(q.Units, unit)
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				stream := func(ctx context.Context, told func(units.LogLine)) error { return c.Logs(ctx, q, told) }
				return follow(ctx, stream, func(l units.LogLine) error {
					if a.json {
						return present.JSONLine(a.stdout, l)
					}
					return present.LogLine(a.stdout, l)
				})
			})
		},
	}
	cmd.Flags().BoolVarP(&q.Follow, "follow", "f", false, "show what comes, too")
	cmd.Flags().IntVarP(&q.Lines, "lines", "n", 100, "how many `LINES` of the past, at most")
	hasJSON(cmd)
	return cmd
}
