// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) planCommand() *cobra.Command {
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "plan [--exit-code] [--json] [FILE | -]",
		Short: "print what a reload, or applying FILE, would do",
		Long: `Print what a reload would do: what differs in the configuration, the steps, and
what clients would notice. With FILE, print what kresctl apply FILE would do.
Nothing is changed. -v lists the steps one by one, with hashes.

Exit status with --exit-code: 0 there is nothing to do; 1 there is; 2 trouble.`,
		Example: `  kresctl plan
  kresctl plan -v new.yaml
  kresctl plan --exit-code --quiet || kresctl reload`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var report units.Report
			err := a.ask(cmd, func(ctx context.Context, c *client.Client) (err error) {
				if len(args) == 0 {
					report, err = c.Plan(ctx)
					return err
				}
				file, err := a.checked(args[0])
				if invalid := statusError(exitFailed); exitCode && errors.Is(err, invalid) {
					return statusError(exitUsage) // 1 is for something else
				}
				if err != nil {
					return err
				}
				report, err = planOf(ctx, c, file, client.ChangeOptions{})
				return err
			})
			switch {
			case err != nil:
			case a.quiet:
			case a.json:
				err = present.JSON(a.stdout, report)
			default:
				err = present.Report(a.stdout, report, a.verbose)
			}
			if !exitCode {
				return err
			}
			if err == nil && !idle(report) {
				return statusError(exitFailed)
			}
			return trouble(err)
		},
	}
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 1 if there is something to do, and with 2 if that is not known")
	hasJSON(cmd)
	return cmd
}
