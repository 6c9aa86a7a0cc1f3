// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
	"kresd-manager/internal/present"
)

func (a *app) configExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain POINTER",
		Short: "explain a key, and what a file says about it",
		Long: `Explain a key of the configuration: what it means and takes, its default, and
where the configuration file sets it and to what. The file is the installed one
or that of -c; no manager is asked. It need not be valid.

POINTER is the place of the key, as in /network/listen/0/kind. The index of a
list may be left out or be *, which lists all places. For a section, the keys in
it are listed; / is the whole. Secrets are not shown.

Exit status: 0 done; 1 there is no such key, or the file cannot be read;
2 wrong usage.`,
		Example: `  kresctl config explain /cache/size-max
  kresctl -c new.yaml config explain forward/servers`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, "a pointer is missing; / is the whole configuration")
			}
			return atMost(1)(cmd, args)
		},
		ValidArgsFunction: pointerCompletion{Bare: true}.arg,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.explain(strings.TrimRight(absolute(args[0]), "/"))
		},
	}
}

func (a *app) explain(pointer string) error {
	k, err := config.FindKey(pointer)
	if err != nil {
		return err
	}
	files := a.configFiles(nil)
	doc, err := a.files.Combined(files)
	switch {
	case err == nil:
	case len(a.configs) == 0 && errors.Is(err, fs.ErrNotExist):
		doc = nil // no one asked for this file
	default:
		return err
	}
	return present.Key(a.stdout, k, strings.Join(files, " + "), doc)
}
