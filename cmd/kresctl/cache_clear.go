// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/api/wire"
	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) cacheClearCommand() *cobra.Command {
	var what wire.CacheClear
	var chunk int
	var asYAML bool
	cmd := &cobra.Command{
		Use:   "clear [--exact-name [--rr-type TYPE]] [--chunk-size N] [--json | --yaml] [NAME]",
		Short: "remove a name and all below it from the cache, or everything",
		Long: `Remove NAME and everything below it from the cache that the workers share;
without NAME, everything. The answer of the worker is printed: count is how many
entries are gone so far; with chunk_limit in it, the rest follows by itself.`,
		Example: `  kresctl cache clear example.com
  kresctl cache clear --exact-name --rr-type AAAA www.example.com`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				what.Name = args[0]
			}
			switch {
			case a.json && asYAML:
				return usage(cmd, "--json and --yaml cannot be combined")
			case len(args) > 0 && what.Name == "":
				return usage(cmd, "NAME is empty; leave it out to remove everything")
			case what.ExactName && what.Name == "":
				return usage(cmd, "--exact-name needs NAME")
			case what.RRType != "" && !what.ExactName:
				return usage(cmd, "--rr-type needs --exact-name")
			case cmd.Flags().Changed("chunk-size") && chunk < 1:
				return usage(cmd, "--chunk-size must be at least 1")
			}
			if chunk > 0 {
				what.ChunkSize = &chunk
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				said, err := c.ClearCache(ctx, what)
				if err != nil {
					return err
				}
				text, err := present.Value(said, !a.json)
				if err != nil {
					return fmt.Errorf("the cache is cleared: %w", err)
				}
				return a.write("", text)
			})
		},
	}
	cmd.Flags().BoolVar(&what.ExactName, "exact-name", false, "keep what is below NAME")
	cmd.Flags().StringVar(&what.RRType, "rr-type", "", "remove records of this `TYPE` only; needs --exact-name")
	cmd.Flags().IntVar(&chunk, "chunk-size", 0, "remove `N` entries at a time (default 100)")
	hasJSON(cmd)
	cmd.Flags().BoolVar(&asYAML, "yaml", false, "as YAML (the default)")
	return cmd
}
