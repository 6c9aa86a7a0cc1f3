// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) statusCommand() *cobra.Command {
	var long bool
	cmd := &cobra.Command{
		Use:   "status [-l] [--json]",
		Short: "show what runs",
		Long: `Show what runs: the state and what is wrong in one sentence, the last change and
how to undo it, how the file and what runs differ, and every unit. CONFIG is
current or old; CRASHES counts restarts by systemd. -l adds dates, hashes and
all files that the configuration names. -q prints nothing.

Exit status: 0 all runs as configured, or a change is being applied; 3 a unit
does not run as configured, the resolver is stopped, or systemd does not answer;
4 the manager cannot be reached; 5 not permitted.`,
		Example: `  kresctl status
  kresctl status -q || systemctl status kresd-manager`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				s, err := c.Status(ctx)
				if err != nil {
					return err
				}
				switch {
				case a.quiet:
				case a.json:
					err = present.JSON(a.stdout, s)
				default:
					err = present.Status(a.stdout, s, time.Now(), present.StatusOptions{Long: long, Colored: a.colored(a.stdout)})
				}
				if err != nil {
					return err
				}
				if s.State != "running" && s.State != "applying" {
					return statusError(exitDegraded)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&long, "long", "l", false, "add dates, hashes and all files")
	hasJSON(cmd)
	return cmd
}
