// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/present"
	"kresd-manager/internal/source"
	"kresd-manager/units"
)

func (a *app) applyCommand() *cobra.Command {
	var opt client.ChangeOptions
	var yes bool
	cmd := &cobra.Command{
		Use:   "apply [--yes] [--dry-run] [--if-match ETAG] [--confirm-within TIME] [-m COMMENT] FILE | -",
		Short: "check a file, show the plan, ask, and make it the running configuration",
		Long: `Check a whole configuration, print what differs and the plan, ask if you are on
a terminal, and make it the running configuration. If the running configuration
changes between the plan and your answer, nothing is done.

The configuration file stays as it is: kresctl config save writes it, and
kresctl edit changes it in the first place.`,
		Example: `  kresctl apply new.yaml
  kresctl apply --yes --confirm-within 5m -m 'new upstreams' new.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, "the file is missing; - is standard input")
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := a.checked(args[0])
			if err != nil {
				return err
			}
			goOn, err := a.planned(cmd, file, &opt, yes || args[0] == source.Stdin)
			if err != nil || !goOn {
				return err
			}
			return a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
				return put(ctx, c, file, opt)
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	changeFlags(cmd, &opt)
	return cmd
}

// checked reads a whole configuration and has it judged, or prints what is wrong with it.
func (a *app) checked(name string) (source.File, error) {
	v := judge.Configuration(&a.files, []string{name})
	if !v.Valid() {
		if err := a.printVerdict(&v, a.colored(a.stderr)); err != nil {
			return source.File{}, err
		}
		return source.File{}, statusError(exitFailed)
	}
	return source.File{Name: v.Name(), Text: v.Texts[v.Name()], Doc: v.Doc}, nil
}

// planOf is what applying a whole configuration would do.
func planOf(ctx context.Context, c *client.Client, file source.File, opt client.ChangeOptions) (units.Report, error) {
	opt.DryRun = true
	return put(ctx, c, file, opt)
}

// put makes a whole configuration the running one.
func put(ctx context.Context, c *client.Client, file source.File, opt client.ChangeOptions) (units.Report, error) {
	done, err := c.Put(ctx, "", file.Text, "", opt)
	return done.Report, client.InFile(err, file.Name)
}

// idle reports whether nothing differs and nothing is to be done.
func idle(r units.Report) bool { return r.Plan.Empty() && r.Diff.Empty() }

// planned shows what applying a whole configuration would do, and asks. It binds the
// change to what was looked at.
func (a *app) planned(cmd *cobra.Command, file source.File, opt *client.ChangeOptions, yes bool) (goOn bool, err error) {
	var report units.Report
	err = a.ask(cmd, func(ctx context.Context, c *client.Client) error {
		if opt.IfMatch == "" {
			if _, opt.IfMatch, err = c.Get(ctx, "/workers"); err != nil {
				return err
			}
		}
		report, err = planOf(ctx, c, file, *opt)
		return err
	})
	if err != nil {
		return false, err
	}
	goOn = !opt.DryRun && !idle(report)
	switch {
	case a.json && goOn, a.quiet:
	case a.json:
		return false, present.JSON(a.stdout, report)
	default:
		if err := present.Report(a.stdout, report, a.verbose); err != nil {
			return false, err
		}
	}
	if !goOn {
		return false, nil
	}
	a.shown = true
	if yes {
		return true, nil
	}
	err = a.sure(cmd.Context(), "Apply this?")
	if errors.Is(err, errNotSure) {
		return false, err
	}
	return err == nil, err
}
