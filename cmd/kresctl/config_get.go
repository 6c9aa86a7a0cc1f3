// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) configGetCommand() *cobra.Command {
	var pointer string
	var asYAML, etagOnly bool
	cmd := &cobra.Command{
		Use:   "get [-p POINTER] [--json | --yaml] [FILE]",
		Short: "print the running configuration, or save it in FILE",
		Long: `Print the running configuration, or the part a pointer leads to, as it was
written: without defaults. With FILE it is saved there.`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.json && asYAML {
				return usage(cmd, "--json and --yaml exclude each other")
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				value, etag, err := c.Get(ctx, absolute(pointer))
				if err != nil {
					return err
				}
				if etagOnly {
					return a.write("", []byte(etag+"\n"))
				}
				text, err := present.Value(value, asYAML)
				if err != nil {
					return err
				}
				if len(args) == 0 || args[0] == "-" {
					return a.write("", text)
				}
				if err := a.write(args[0], text); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "saved in %s\n", args[0])
				return nil
			})
		},
	}
	pointerFlag(cmd, &pointer, pointerCompletion{})
	hasJSON(cmd)
	cmd.Flags().BoolVar(&asYAML, "yaml", false, "as YAML")
	cmd.Flags().BoolVar(&etagOnly, "etag", false, "print the ETag only, for config set --if-match")
	return cmd
}
