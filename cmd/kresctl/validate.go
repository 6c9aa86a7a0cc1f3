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
		Long: `Check everything about a configuration that can be known without running it.
Several files make one configuration, combined from left to right, with relative
paths from the folder of the first. With --each, every file is a configuration
of its own. - is standard input. Without FILE the installed configuration is
checked, or that of -c.

Problems are printed on standard error as

    FILE:LINE:COLUMN: POINTER: WHAT IS WRONG; WHAT WOULD BE RIGHT

and on a terminal with the line of the file below. --format json prints them on
standard output instead, as one array of objects with the keys file, path, line,
column, pointer, severity, message and hint; it is [] if there are none.

--strict also checks the files and directories that the configuration names:
that they exist, are of the right kind, and can be used by the process that
needs them, whoever runs the command. Each message names the user and the
groups. Owner, group and mode of the file and of all directories on the way
decide; an access control list is reported, with no verdict. It checks as well:

    users and groups in /management/roles, which must exist
    token files, which must hold a token that workers cannot read
    what the sandboxes of the units hide, and what opens it
    network interfaces, which must be up and have an address

User and groups are those of the installed units, with their drop-ins. Where no
kresd-manager.service is installed they are, for root, those of the unit files
that come with kresctl, and for another user their own. --user NAME checks for
one account in place of all; sandboxes are left out then.

Mandatory access control, read-only file systems and the content of files are
not checked: the manager finds out with a worker that serves no one, before it
changes anything.

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
