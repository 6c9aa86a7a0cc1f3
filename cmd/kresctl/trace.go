// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/api/wire"
	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) traceCommand() *cobra.Command {
	var q wire.Trace
	var verbose bool
	cmd := &cobra.Command{
		Use:   "trace [--from ADDRESS] [--worker UNIT] [-v] [--json] NAME [TYPE]",
		Short: "show how a worker resolves a name",
		Long: `Have a worker resolve NAME and show the way: views and local data, cache,
servers that were asked with their round-trip times, aliases, DNSSEC, and the
answer. Nothing restarts, no log level changes, and other requests are not
logged. Views depend on the client, which is the resolver itself unless you give
one with --from. You need the role operate, because a trace makes queries.`,
		Example: `  kresctl trace example.com AAAA
  kresctl trace --from 192.0.2.9 ads.example`,
		Args: nameAndType,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Name = args[0]
			if len(args) > 1 {
				q.Type = args[1]
			}
			if q.Unit != "" {
				unit, err := unitArg(cmd, q.Unit)
				if err != nil {
					return err
				}
				q.Unit = unit
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				t, err := c.Trace(ctx, q)
				if err != nil {
					return err
				}
				if a.json {
					return present.JSON(a.stdout, t)
				}
				return present.Trace(a.stdout, t, verbose)
			})
		},
	}
	cmd.Flags().StringVar(&q.From, "from", "", "as a client with this `ADDRESS`")
	cmd.Flags().StringVar(&q.Unit, "worker", "", "the worker that resolves it, a `UNIT` (default the first that answers)")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show what kresd itself says, too")
	hasJSON(cmd)
	return cmd
}
