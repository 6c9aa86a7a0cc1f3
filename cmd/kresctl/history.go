// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/api"
	"kresd-manager/internal/client"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

func (a *app) historyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "history [--json] [[show] N]",
		Short: "list who changed what and when, or show a change",
		Long: `List the last changes of the configuration, newest first: when, by whom, how,
and with what outcome. An asterisk marks what runs. With N one change is shown
with all that differed; secrets are not shown. kresctl rollback N returns to it.`,
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
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if id != 0 {
				return a.showEntry(cmd, c, id, asJSON)
			}
			h, err := c.History(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(h)
			}
			for _, fault := range h.Faults {
				fmt.Fprintf(a.stderr, "kresctl: %s\n", visible.Line(fault))
			}
			return writeHistory(a.stdout, h, time.Now())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
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

// writeHistory lists changes, a line each.
func writeHistory(w io.Writer, h units.History, now time.Time) error {
	if h.Waiting != nil {
		fmt.Fprintln(w, waits(*h.Waiting, now))
	}
	table := visible.NewTable(w)
	table.Row("CHANGE", "WHEN", "WHO", "GENERATION", "OUTCOME", "WHAT")
	for _, e := range h.Entries {
		mark := " "
		if e.Running {
			mark = "*"
		}
		what := e.Cause
		if e.Comment != "" {
			what += " (" + e.Comment + ")"
		}
		table.Row(mark+strconv.Itoa(e.ID), e.When.In(now.Location()).Format(time.DateTime),
			e.Who.String(), cmp.Or(e.Generation, "-"), e.Outcome, what)
	}
	return table.Flush()
}

// waits says what must be confirmed.
func waits(w units.Waiting, now time.Time) string {
	left := w.By.Sub(now).Round(time.Second)
	return fmt.Sprintf("change %d waits: unless kresctl confirm comes by %s (in %s) it is undone",
		w.Entry, w.By.In(now.Location()).Format(time.DateTime), max(left, 0))
}

func (a *app) showEntry(cmd *cobra.Command, c *client.Client, id int, asJSON bool) error {
	e, err := c.HistoryEntry(cmd.Context(), id)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(e)
	}
	return writeEntry(a.stdout, e, time.Now())
}

// writeEntry lays one change out for people.
func writeEntry(w io.Writer, e api.HistoryEntry, now time.Time) error {
	table := visible.NewTable(w)
	line := func(name, value string) {
		if value != "" {
			table.Row(name, value)
		}
	}
	moment := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(now.Location()).Format(time.DateTime)
	}
	line("change", strconv.Itoa(e.ID))
	line("when", moment(&e.When))
	who := e.Who.String()
	if e.Who.UID != nil && e.Who.User != "" {
		who += fmt.Sprintf(" (uid %d)", *e.Who.UID)
	}
	line("who", who)
	line("request", e.Who.Request)
	line("what", e.Cause)
	line("comment", e.Comment)
	line("generation", e.Generation)
	line("etag", e.ETag)
	outcome := e.Outcome
	if e.Running {
		outcome += ", runs"
	}
	line("outcome", outcome)
	for i, part := range strings.Split(e.Error, "\n") {
		if i == 0 {
			line("error", part)
		} else {
			table.Row("", part)
		}
	}
	line("confirm by", moment(e.ConfirmBy))
	if e.Confirmed != nil && e.ConfirmedBy != nil {
		line("confirmed", moment(e.Confirmed)+" by "+e.ConfirmedBy.String())
	}
	line("cannot return", e.Missing)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "\n"+cmp.Or(e.Diff.String(), "nothing differs\n"))
	return err
}

func (a *app) rollbackCommand() *cobra.Command {
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   "rollback [--dry-run] [--confirm-within TIME] [-m COMMENT] [-q] [N]",
		Short: "return to the configuration of an earlier change",
		Long: `Make the configuration of change N the running one, see kresctl history; without
N that which ran before the running one. It is a change like any other: checked,
tried, undone if it fails, and in the history. The configuration file stays as
it is.`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := entryArg(cmd, args)
			if err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			defer a.showProgress(cmd.Context(), c)()
			report, err := c.Rollback(cmd.Context(), id, opt)
			if err != nil {
				return err
			}
			a.printReport(report)
			return nil
		},
	}
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print what differs and the plan, and change nothing")
	termFlags(cmd, &opt)
	a.quietFlag(cmd)
	return cmd
}

func (a *app) confirmCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "confirm [-q]",
		Short: "keep the change that waits to be confirmed",
		Long: `Keep the change that was made with --confirm-within, and all that came after it.
Fails if no change waits: it may have been undone already.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			e, err := c.Confirm(cmd.Context())
			if err != nil {
				return err
			}
			if !a.quiet {
				fmt.Fprintf(a.stdout, "change %d stays\n", e.ID)
			}
			return nil
		},
	}
	a.quietFlag(cmd)
	return cmd
}
