// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/present"
)

// validateOptions are the flags of kresctl validate.
type validateOptions struct {
	strict bool
	user   string
	each   bool
	format string
}

func (a *app) validateCommand() *cobra.Command {
	var opt validateOptions
	cmd := &cobra.Command{
		Use:   "validate [--strict [--user NAME]] [--each] [--format text|json] [FILE… | -]",
		Short: "check configuration files, without a manager",
		Long: `Check a configuration for all that can be known without running it. Several
files are one configuration, combined from left to right, and relative paths in
all of them start from the folder of the first; with --each every file is a
configuration of its own. - is standard input. Without FILE the installed
configuration is checked, or that of -c.

Problems are printed on standard error as

    FILE:LINE:COLUMN: POINTER: WHAT IS WRONG; WHAT WOULD BE RIGHT

and on a terminal with the line of the file below. --format json prints them on
standard output instead, as one array of objects with the keys file, path, line,
column, pointer, severity, message and hint; it is [] if there are none.

--strict also looks at the files and directories that the configuration names:
whether they are there, are of the right kind, and can be used by the process
that needs them, whoever runs the command. Who that is say User=, Group= and
SupplementaryGroups= of the installed units, with their drop-ins; where none is
installed it is, for root, those that come with kresctl, and for another user
oneself. --user NAME is one account, with its own groups, in place of all. Each
message names the user and the groups. Owner, group and mode of the file and of
all directories on the way to it decide; access control lists are reported and
not judged. Users and groups in /management/roles must exist, a token file must
hold a token, and it is a warning if workers can read one. It goes by the files
of the installed units, with all drop-ins, for what their sandboxes hide, and
says which unit and directive that is and what opens it, unless --user names
another account. Network interfaces have to be there, up and with an address.
What else may stand in the way (mandatory access control, a file system that is
read-only) and whether the content of a file is fine is only known to a worker
that tries: the manager starts one to see before it changes anything.

Exit status: 0 valid, with or without warnings; 1 invalid or not readable;
2 wrong usage.`,
		Example: `  kresctl validate
  kresctl validate --strict base.yaml site.yaml
  kresctl validate --format json - <config.yaml | jq .`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.validate(cmd, a.configFiles(args), opt)
		},
	}
	cmd.Flags().BoolVar(&opt.each, "each", false, "every file is a configuration of its own")
	cmd.Flags().StringVar(&opt.format, "format", "text", "print problems as `text` or json")
	strictFlags(cmd, &opt.strict, &opt.user)
	hasJSON(cmd)
	return cmd
}

func (a *app) validate(cmd *cobra.Command, files []string, opt validateOptions) error {
	if a.json {
		opt.format = "json"
	}
	if opt.format != "text" && opt.format != "json" {
		return usage(cmd, "--format must be text or json, not %q", opt.format)
	}
	groups := [][]string{files}
	if opt.each {
		groups = nil
		for _, file := range files {
			groups = append(groups, []string{file})
		}
	}
	inspect, err := inspector(cmd, opt.strict, opt.user)
	if err != nil {
		return err
	}
	valid := true
	var all config.Problems
	for _, group := range groups {
		v := judge.Configuration(&a.files, group)
		inspect(&v)
		valid = valid && v.Valid()
		if opt.format == "json" {
			all = append(all, v.Problems...)
			continue
		}
		if err := a.printVerdict(&v, a.colored(a.stderr)); err != nil {
			return err
		}
	}
	if opt.format == "json" {
		if err := present.ProblemsJSON(a.stdout, all.Sorted()); err != nil {
			return err
		}
	}
	if !valid {
		return statusError(exitFailed)
	}
	return nil
}

// printVerdict says what was found about one configuration.
func (a *app) printVerdict(v *judge.Verdict, colored bool) (err error) {
	if colored {
		err = present.QuotedProblems(a.stderr, v.Problems.Sorted(), v.Texts)
	} else {
		err = present.Problems(a.stderr, v.Problems.Sorted())
	}
	if err != nil || !v.Valid() || a.quiet {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: valid\n", v.Name())
	if v.Judged != "" {
		fmt.Fprintln(a.stdout, v.Judged)
	}
	return nil
}
