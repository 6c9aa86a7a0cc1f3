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

func (a *app) logsCommand() *cobra.Command {
	var q units.LogQuery
	var priority, since string
	var long time.Duration
	cmd := &cobra.Command{
		Use:   "logs [-f] [-n LINES] [-p PRIORITY] [--since TIME] [--reconnect TIME] [--json] [UNIT…]",
		Short: "show the log of the units",
		Long: `Show the last messages of all our units and the manager, or of those that you
name. You need the role read, and no right to read the journal. -f goes on with
new messages until you interrupt it, also when kresd-manager restarts; it fails
when someone stops kresd-manager.

TIME is a time ago, such as 10m, 2h or 3d, or 2026-11-28, "2026-11-28 10:00" or
RFC 3339. PRIORITY is emerg, alert, crit, err, warning, notice, info or debug.`,
		Example: `  kresctl logs -f kresd@1
  kresctl logs -p warning --since 2h`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if priority != "" {
				if q.Priority, err = units.ParsePriority(priority); err != nil {
					return usage(cmd, "--priority: %v", err)
				}
			}
			if since != "" {
				if q.Since, err = units.ParseMoment(since, time.Now()); err != nil {
					return usage(cmd, "--since: %v", err)
				}
			}
			if q.Units, err = unitArgs(cmd, args); err != nil {
				return err
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				stream := func(ctx context.Context, told func(units.LogLine)) error {
					return c.Logs(ctx, q, a.reconnect(long), told)
				}
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
	cmd.Flags().StringVarP(&priority, "priority", "p", "", "messages that are at least as urgent as `PRIORITY`")
	cmd.Flags().StringVar(&since, "since", "", "messages from this `TIME` on")
	reconnectFlag(cmd.Flags(), &long)
	hasJSON(cmd)
	return cmd
}
