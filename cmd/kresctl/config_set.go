// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/source"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

func (a *app) configSetCommand() *cobra.Command {
	var pointer string
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   "set [-p POINTER] [--dry-run] [--if-match ETAG] [--confirm-within TIME] [-m COMMENT] [VALUE | @FILE | -]",
		Short: "change the running configuration",
		Long: `Replace the running configuration, or the part at POINTER, and apply the result.
The argument is the value itself, as YAML or JSON, or @ and the name of a file
that holds it, or - (or nothing) for standard input. A key that takes a text
takes what you type, such as 007 or yes; only null and what is in quotes or
brackets is read as YAML there. A pointer may name a key that does not exist
yet; one that ends in - appends to a list. Write -- before a value that starts
with a dash.

The configuration file does not change; kresctl config save writes it.`,
		Example: `  kresctl config set -p /workers 4
  kresctl config set -p /local-data/addresses/printer.home 192.0.2.7
  kresctl config set --dry-run @new.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := isKey(cmd, pointer, args); err != nil {
				return err
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			typed := source.Stdin
			if len(args) > 0 {
				typed = args[0]
			} else if visible.IsTerminal(a.files.Stdin) {
				fmt.Fprintln(a.stderr, "kresctl: reading the value from the terminal, end it with Ctrl-D")
			}
			value, err := a.files.Value(absolute(pointer), typed)
			if err != nil {
				return err
			}
			return a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
				done, err := c.Put(ctx, absolute(pointer), value.Text, value.Format, opt)
				return done.Report, client.InFile(err, value.Name)
			})
		},
	}
	pointerFlag(cmd, &pointer, pointerCompletion{Item: "-"})
	cmd.ValidArgsFunction = completeValue(&pointer)
	changeFlags(cmd, &opt)
	return cmd
}
