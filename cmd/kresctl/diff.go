// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
	"kresd-manager/internal/present"
)

func (a *app) diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [--json] [running | file | N | FILE] [running | file | N | FILE]",
		Short: "show how two configurations differ: what runs, the file, a change",
		Long: `Show how two configurations differ, one value a line with its pointer: - is the
first one, + the second. Order, comments and layout do not count, and secrets
are not shown.

A configuration is running, which is what runs; file, the configuration file or
those of -c; the number of a change, see kresctl history; or a FILE, - for
standard input. Without arguments running and file are compared: what a reload
would change. One argument is compared with running. Secrets of a change, and
secrets that you may not see, are left out.

Exit status, as of diff(1): 0 equal, 1 different, 2 trouble.`,
		Example: `  kresctl diff
  kresctl diff 16 17
  kresctl diff running new.yaml`,
		Args: atMost(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return trouble(a.diff(cmd, args))
		},
	}
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return []cobra.Completion{
			cobra.CompletionWithDesc("running", "what runs"), cobra.CompletionWithDesc("file", "the configuration file"),
		}, cobra.ShellCompDirectiveDefault
	}
	hasJSON(cmd)
	return cmd
}

// side is one of two configurations.
type side struct {
	name string
	doc  *config.Document
	// redacted means that its secrets are not known.
	redacted bool
}

func (a *app) diff(cmd *cobra.Command, args []string) error {
	names := []string{"running", "file"}
	switch {
	case len(args) == 2:
		names = args
	case len(args) == 1 && args[0] != "running":
		names = []string{args[0], "running"}
	}
	var sides [2]side
	for i, name := range names {
		var err error
		if sides[i], err = a.side(cmd, name); err != nil {
			return err
		}
	}
	from, to := sides[0].doc, sides[1].doc
	if sides[0].redacted || sides[1].redacted {
		from, to = from.Redacted(), to.Redacted()
	}
	d := config.Difference(from, to, mostDifferences)
	var err error
	switch {
	case a.quiet:
	case a.json:
		err = present.JSON(a.stdout, d)
	default:
		err = present.Difference(a.stdout, sides[0].name, sides[1].name, d, a.colored(a.stdout))
	}
	if err == nil && !d.Empty() {
		return statusError(exitFailed)
	}
	return err
}

// mostDifferences bounds what is shown.
const mostDifferences = 10000

// side finds a configuration by its name on the command line.
func (a *app) side(cmd *cobra.Command, name string) (s side, err error) {
	s.name = name
	switch id, nerr := strconv.Atoi(name); {
	case name == "running":
		err = a.ask(cmd, func(ctx context.Context, c *client.Client) error {
			value, _, err := c.Get(ctx, "")
			if err != nil {
				return err
			}
			s.doc, err = config.Parse("running configuration", value)
			s.redacted = err == nil && s.doc.HidesSecrets()
			return err
		})
	case name == "file":
		files := a.configFiles(nil)
		s.name = strings.Join(files, " + ")
		s.doc, err = a.files.Combined(files)
	case nerr == nil && id > 0:
		s.name, s.redacted = "change "+name, true
		err = a.ask(cmd, func(ctx context.Context, c *client.Client) error {
			e, err := c.HistoryEntry(ctx, id)
			switch {
			case err != nil:
				return err
			case len(e.Document) == 0:
				return fmt.Errorf("cannot compare with change %d: %w", id, errors.New(e.Missing))
			}
			s.doc, err = config.Parse(s.name, e.Document)
			return err
		})
	default:
		s.doc, err = a.files.Combined([]string{name})
	}
	return s, err
}
