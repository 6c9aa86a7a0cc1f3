// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/units"
)

func (a *app) configDeleteCommand() *cobra.Command {
	var pointer string
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   "delete -p POINTER [--dry-run] [--if-match ETAG] [--confirm-within TIME] [-m COMMENT]",
		Short: "remove a part of the running configuration",
		Long: `Remove the part of the running configuration at POINTER and apply the result.
The configuration file does not change; kresctl config save writes it.`,
		Example: `  kresctl config delete -p /local-data/addresses/printer.home
  kresctl config delete --dry-run -p /forward/0`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := isKey(cmd, pointer, args); err != nil {
				return err
			}
			return noArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if pointer == "" {
				return usage(cmd, "-p is missing: the whole configuration cannot be removed")
			}
			return a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
				done, err := c.Delete(ctx, absolute(pointer), opt)
				return done.Report, err
			})
		},
	}
	pointerFlag(cmd, &pointer, pointerCompletion{})
	changeFlags(cmd, &opt)
	return cmd
}
