// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

func (a *app) historyCommand() *cobra.Command {
	var since, until, by string
	cmd := &cobra.Command{
		Use:   "history [--since TIME] [--until TIME] [--by WHO] [--json] [[show] N]",
		Short: "list who changed what and when, or show a change",
		Long: `List the last changes of the configuration, newest first. An asterisk marks what
runs. With N, show one change and everything that differed; secrets are not
shown. kresctl rollback N returns to it.

WHO is the user who asked. If someone logged in as another user first, as with
sudo, both are shown: alice (as root). --by takes either name or number, a role,
or start, signal, files, timer or repair for changes that no one asked for.`,
		Example: `  kresctl history --since yesterday --by alice
  kresctl history --since "2026-03-01 14:00" --until 2h
  kresctl history 24`,
		Args: atMost(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && args[0] == "show" {
				if args = args[1:]; len(args) == 0 {
					return usage(cmd, "the number of the change is missing")
				}
			}
			id, err := entryArg(cmd, args)
			if err != nil {
				return err
			}
			from, err := moment(cmd, "since", since)
			if err != nil {
				return err
			}
			to, err := moment(cmd, "until", until)
			if err != nil {
				return err
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				if id != 0 {
					return a.showEntry(cmd, c, id)
				}
				h, err := c.History(ctx)
				if err != nil {
					return err
				}
				h = h.Select(from, to, by)
				if a.json {
					return present.JSON(a.stdout, h)
				}
				for _, fault := range h.Faults {
					fmt.Fprintf(a.stderr, "kresctl: %s\n", visible.Line(fault))
				}
				return present.History(a.stdout, h, time.Now())
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "only changes from this `TIME` on: 2026-03-01, \"2026-03-01 14:30\", 14:30,\nyesterday, or 2h or 3d for that long ago")
	cmd.Flags().StringVar(&until, "until", "", "only changes up to this `TIME`")
	cmd.Flags().StringVar(&by, "by", "", "only changes of this user, `WHO` is a name or a number")
	hasJSON(cmd)
	return cmd
}

// moment reads the value of a flag that is a time, the zero time if it is not given.
func moment(cmd *cobra.Command, name, text string) (time.Time, error) {
	if !cmd.Flags().Changed(name) {
		return time.Time{}, nil
	}
	t, err := units.ParseWhen(text, time.Now())
	if err != nil {
		return t, usage(cmd, "--%s: %v", name, err)
	}
	return t, nil
}

// entryArg reads the number of a change; 0 is none.
func entryArg(cmd *cobra.Command, args []string) (int, error) {
	if len(args) == 0 {
		return 0, nil
	}
	if len(args) > 1 {
		return 0, usage(cmd, "unexpected argument %q", args[1])
	}
	id, err := strconv.Atoi(args[0])
	if err != nil || id < 1 {
		return 0, usage(cmd, "%q is not the number of a change", args[0])
	}
	return id, nil
}

func (a *app) showEntry(cmd *cobra.Command, c *client.Client, id int) error {
	e, err := c.HistoryEntry(cmd.Context(), id)
	if err != nil {
		return err
	}
	if a.json {
		return present.JSON(a.stdout, e)
	}
	return present.Entry(a.stdout, e, time.Now())
}
