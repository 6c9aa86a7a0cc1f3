// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"time"

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

// ifMatchFlag and the flags that say whether to wait are those of every change.
func ifMatchFlag(cmd *cobra.Command, opt *client.ChangeOptions) {
	waitFlags(cmd)
	cmd.Flags().StringVar(&opt.IfMatch, "if-match", "",
		"refuse unless the running configuration has this `ETAG`, see config get --etag")
}

// termFlags are those of commands that make a change for the history.
func termFlags(cmd *cobra.Command, opt *client.ChangeOptions) {
	ifMatchFlag(cmd, opt)
	cmd.Flags().DurationVar(&opt.ConfirmWithin, "confirm-within", 0,
		"undo the change after this `TIME`, such as 90s or 5m, unless\nkresctl confirm comes before")
	cmd.Flags().StringVarP(&opt.Comment, "comment", "m", "", "say why, as `COMMENT` in the history")
	hasJSON(cmd)
}

// patience is how long a change may take before it is shown how far it is.
const patience = time.Second

// change makes a change and tells how it went. One that takes long is followed to its
// end, unless --no-wait leaves it as soon as the manager has taken it on.
func (a *app) change(cmd *cobra.Command, do func(context.Context, *client.Client) (units.Report, error)) error {
	leave, err := leaves(cmd)
	if err != nil {
		return err
	}
	return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
		how := client.Follow{After: patience, Leave: leave}
		end := func() {}
		if !a.quiet && !leave {
			progress := present.NewProgress(a.stderr)
			how.Told, end = progress.Show, progress.End
		}
		c.Follow(how)
		report, err := do(ctx, c)
		end()
		var under *client.UnderwayError
		if errors.As(err, &under) && under.Err == nil {
			return a.printUnderway(under)
		}
		if err != nil {
			return err
		}
		a.printReport(report)
		return nil
	})
}

// leaves reports whether a command is not to wait for the end of its change.
func leaves(cmd *cobra.Command) (bool, error) {
	given := func(name string) bool {
		f := cmd.Flags().Lookup(name)
		return f != nil && f.Changed && f.Value.String() == "true"
	}
	if given("wait") && given("no-wait") {
		return false, usage(cmd, "--wait and --no-wait cannot be combined")
	}
	return given("no-wait"), nil
}

// waitFlags are those of every command that goes by [app.change].
func waitFlags(cmd *cobra.Command) {
	cmd.Flags().Bool("wait", true, "wait for the end of the change, and show how far it is")
	cmd.Flags().Bool("no-wait", false, "print the number of the change and let it go on")
}

// printUnderway says which change goes on.
func (a *app) printUnderway(under *client.UnderwayError) error {
	switch {
	case a.json:
		return present.JSON(a.stdout, under.Change)
	case a.quiet:
		return nil
	}
	_, err := io.WriteString(a.stdout, present.Underway(under.Change.ChangeStatus))
	return err
}

// printReport tells how a change went. It was made, whether or not that can be known.
func (a *app) printReport(r units.Report) {
	switch {
	case a.json:
		_ = present.JSON(a.stdout, r)
	case a.quiet:
	case a.shown:
		_ = present.Outcome(a.stdout, r)
	default:
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
