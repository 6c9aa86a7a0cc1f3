// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/migrate"
	"kresd-manager/internal/present"
)

func (a *app) migrateCommand() *cobra.Command {
	var asYAML bool
	cmd := &cobra.Command{
		Use:   "migrate [--json | --yaml] IN [OUT]",
		Short: "update a configuration file of an earlier version",
		Long: `Update a configuration of an earlier version of Knot Resolver 6: rename keys,
remove those that are gone, and print the result or save it in OUT, which may be
IN; - is standard input or output. YAML keeps its comments and order.

Every edit is reported on standard error:

    removed PATH
    renamed OLD → NEW
    added PATH: VALUE
    changed PATH: VALUE

some with a reason in brackets. A value under the new name wins over one under
the old name. What cannot be carried over is reported and left as it is. A note
names a default that has changed since. Other mistakes in the file stay: see
kresctl validate.

Exit status: 0 done, also if there was nothing to do; 1 not readable, or
something could not be carried over; 2 wrong usage.`,
		Example: `  kresctl migrate old.yaml new.yaml
  kresctl migrate --json - <old.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, "the name of a file is missing")
			}
			return atMost(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.json && asYAML {
				return usage(cmd, "--json and --yaml cannot be combined")
			}
			out := ""
			if len(args) == 2 {
				out = args[1]
			}
			return a.migrate(args[0], out)
		},
	}
	hasJSON(cmd)
	cmd.Flags().BoolVar(&asYAML, "yaml", false, "as YAML (the default)")
	return cmd
}

func (a *app) migrate(in, to string) error {
	s, err := a.files.Read(in)
	if err != nil {
		return err
	}
	r, err := migrate.Run(s.Name, s.Text)
	if err != nil {
		return err
	}
	out := r.YAML
	if out == nil || a.json {
		format := text.YAML
		if a.json {
			format = text.JSON
		}
		if out, err = r.Document.Text(format); err != nil {
			return err
		}
		if s.MayHaveComments() {
			fmt.Fprintln(a.stderr, commentsLost)
		}
	}
	if err := a.write(to, out); err != nil {
		return err // told of no edit that was not done
	}
	if err := present.Migration(a.stderr, r); err != nil {
		return err
	}
	if len(r.Stuck) > 0 {
		return statusError(exitFailed)
	}
	return nil
}
