// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/internal/visible"
)

func (a *app) metricsCommand() *cobra.Command {
	var prometheus bool
	cmd := &cobra.Command{
		Use:   "metrics [--json | --prometheus] [FILE]",
		Short: "print the statistics of the workers",
		Long: `Print what every worker counts, or save it in FILE. It is JSON, or with
--prometheus the text format of Prometheus, with units and changes as well. A
worker that does not answer within 3 s is null in JSON and named on standard
error.`,
		Example: `  kresctl metrics | jq '."kresd:kresd1".answer'
  kresctl metrics --prometheus`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if prometheus && a.json {
				return usage(cmd, "--json and --prometheus cannot be combined")
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				var text []byte
				var err error
				if prometheus {
					text, err = c.Prometheus(ctx)
				} else {
					text, err = c.Statistics(ctx)
					if err == nil {
						for _, worker := range client.Silent(text) {
							fmt.Fprintf(a.stderr, "%s gave no statistics\n", visible.Line(worker))
						}
						text, err = present.Value(text, false)
					}
				}
				if err != nil {
					return err
				}
				file := ""
				if len(args) > 0 {
					file = args[0]
				}
				return a.write(file, text)
			})
		},
	}
	hasJSON(cmd)
	cmd.Flags().BoolVar(&prometheus, "prometheus", false, "in the text format of Prometheus")
	return cmd
}
