// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/internal/top"
)

// leastInterval keeps from asking workers so often that it shows.
const leastInterval = 100 * time.Millisecond

func (a *app) topCommand() *cobra.Command {
	var interval time.Duration
	var count int
	cmd := &cobra.Command{
		Use:   "top [-n COUNT] [--interval TIME] [--json]",
		Short: "show live what the workers do",
		Long: `Show every two seconds what happened since: queries per second, answers by code,
the time within which 50, 95 and 99 % of the answers came, the share from the
cache alone, and the CPU time and memory of each worker. On a terminal the table
stays in place until you interrupt it; elsewhere the tables follow one another.
The manager reads once for all who look, pages of browsers among them; with
--interval kresctl reads by itself. --json prints an object a line.`,
		Example: `  kresctl top
  kresctl top -n 10 --interval 1m --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if interval < leastInterval {
				return usage(cmd, "--interval must be at least %s", leastInterval)
			}
			if count < 0 {
				return usage(cmd, "-n must be at least 1, or 0 for no end")
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				if cmd.Flags().Changed("interval") {
					return a.topEvery(ctx, c, interval, count)
				}
				return a.top(ctx, c, count)
			})
		},
	}
	cmd.Flags().DurationVar(&interval, "interval", 2*time.Second, "`TIME` between two tables, such as 10s")
	cmd.Flags().IntVarP(&count, "count", "n", 0, "end after `COUNT` tables; 0 is never")
	hasJSON(cmd)
	return cmd
}

// top shows the samples of the manager, which reads for all who look.
func (a *app) top(ctx context.Context, c *client.Client, count int) error {
	n := 0
	return c.Samples(ctx, func(s top.Sample) (more bool, err error) {
		if s.Error != "" {
			return false, errors.New(s.Error)
		}
		n++
		return n != count, a.printTop(s.Figures)
	})
}

// topEvery reads by itself, as often as is asked for.
func (a *app) topEvery(ctx context.Context, c *client.Client, interval time.Duration, count int) error {
	before, err := c.Reading(ctx)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
		}
		now, err := c.Reading(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := a.printTop(top.Between(before, now)); err != nil {
			return err
		}
		if n == count {
			return nil
		}
		before = now
	}
}

func (a *app) printTop(f top.Figures) error {
	if a.json {
		return present.JSONLine(a.stdout, f)
	}
	if err := a.stdout.Clear(); err != nil {
		return err
	}
	return present.Top(a.stdout, f)
}
