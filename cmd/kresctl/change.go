// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

// What the commands share that change something.

func changeFlags(cmd *cobra.Command, opt *client.ChangeOptions) {
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print the plan and change nothing")
	termFlags(cmd, opt)
}

func ifMatchFlag(cmd *cobra.Command, opt *client.ChangeOptions) {
	cmd.Flags().StringVar(&opt.IfMatch, "if-match", "",
		"refuse unless the running configuration has this `ETAG`, see config get --etag")
}

// termFlags are those of commands that make a change for the history.
func termFlags(cmd *cobra.Command, opt *client.ChangeOptions) {
	ifMatchFlag(cmd, opt)
	cmd.Flags().DurationVar(&opt.ConfirmWithin, "confirm-within", 0,
		"undo the change after this `TIME`, as 90s or 5m, unless\nkresctl confirm comes before")
	cmd.Flags().StringVarP(&opt.Comment, "comment", "m", "", "say why, for the history")
	hasJSON(cmd)
}

// showProgress has a change that takes long shown step by step on a terminal, until
// stop is called.
func (a *app) showProgress(ctx context.Context, c *client.Client) (stop func()) {
	if a.quiet || !a.stderr.Terminal() {
		return func() {}
	}
	return present.Progress(ctx, a.stderr, c.Events)
}

// change makes a change and tells how it went.
func (a *app) change(cmd *cobra.Command, do func(context.Context, *client.Client) (units.Report, error)) error {
	return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
		defer a.showProgress(ctx, c)()
		report, err := do(ctx, c)
		if err != nil {
			return err
		}
		a.printReport(report)
		return nil
	})
}

// printReport tells how a change went. It was made, whether or not that can be known.
func (a *app) printReport(r units.Report) {
	switch {
	case a.json:
		_ = present.JSON(a.stdout, r)
	case !a.quiet:
		_ = present.Report(a.stdout, r, a.verbose)
	}
}

// againCommand is one that applies what is there already; changes means that this may
// be something else than what runs.
func (a *app) againCommand(name, short, long string,
	do func(*client.Client, context.Context, bool, client.ChangeOptions) (units.Report, error), changes bool,
) *cobra.Command {
	var force bool
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   name + " [--force] [--dry-run]",
		Short: short,
		Long:  long,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
				return do(c, ctx, force, opt)
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "restart everything even if nothing differs")
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print the plan and change nothing")
	if changes {
		cmd.Use += " [--if-match ETAG] [--confirm-within TIME] [-m COMMENT]"
		termFlags(cmd, &opt)
	} else {
		cmd.Use += " [--if-match ETAG]"
		ifMatchFlag(cmd, &opt)
	}
	hasJSON(cmd)
	return cmd
}
