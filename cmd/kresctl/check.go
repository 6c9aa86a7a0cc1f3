// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/nagios"
)

func (a *app) checkCommand() *cobra.Command {
	var warning, critical string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "check [-w LIMITS] [-c LIMITS] [--timeout TIME]",
		Short: "judge the state in one line, for Nagios",
		Long: `Print one line as Nagios plug-ins do, with figures after the bar: how many
workers serve, how full the cache is, how many days the first certificate to
expire is still valid, and which sources of rules could not be loaded. LIMITS
are cache=PERCENT, cert=DAYS, or both with a comma between them.

Exit status, of this command alone: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. It
is UNKNOWN, too, when the manager does not answer or the command line is wrong.
-c is the critical limit here, and --config has no short form.`,
		Example: `  kresctl check -w cache=80,cert=21 -c cache=95,cert=7`,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			warn, err := nagios.ParseLimits(warning, nagios.UsualWarning)
			if err != nil {
				return a.wrong(fmt.Errorf("-w: %w", err))
			}
			crit, err := nagios.ParseLimits(critical, nagios.UsualCritical)
			if err != nil {
				return a.wrong(fmt.Errorf("-c: %w", err))
			}
			if len(args) > 0 {
				return a.wrong(fmt.Errorf("unexpected argument %q", args[0]))
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			cmd.SetContext(ctx)
			var seen nagios.Seen
			err = a.ask(cmd, func(ctx context.Context, c *client.Client) (err error) {
				if seen.Status, err = c.Status(ctx); err != nil {
					return err
				}
				if cache, err := c.CacheStatistics(ctx); err == nil {
					seen.Cache = &cache
				}
				return nil
			})
			if err != nil {
				return a.unknown(err)
			}
			seen.Now = time.Now()
			return a.verdict(nagios.Judge(seen, warn, crit))
		},
	}
	cmd.Flags().StringVarP(&warning, "warning", "w", "cache=90,cert=14", "warn beyond these `LIMITS`")
	// Nagios has -c for this, so that the global flag goes without its letter here.
	cmd.Flags().StringArrayVar(&a.configs, "config", nil, "configuration `FILE`, which names the socket unless -s does")
	cmd.Flags().StringVarP(&critical, "critical", "c", "cache=98,cert=3", "critical beyond these `LIMITS`")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "give up after this `TIME`")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var wrong *program.UsageError
		if errors.As(program.FlagError(cmd, err), &wrong) {
			err = errors.New(wrong.Message)
		}
		return a.wrong(err)
	})
	return cmd
}

// unknown is the verdict where there is nothing to judge.
func (a *app) unknown(err error) error { return a.verdict(nagios.Failed(err)) }

// wrong is the verdict on a command line that makes no sense.
func (a *app) wrong(err error) error { return a.verdict(nagios.Wrong(err)) }

// verdict prints a line and has its state be the exit status.
func (a *app) verdict(state nagios.State, line string) error {
	if _, err := fmt.Fprintln(a.stdout, line); err != nil {
		return statusError(nagios.Unknown)
	}
	if state != nagios.OK {
		return statusError(state)
	}
	return nil
}
