// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
	"kresd-manager/internal/present"
)

func (a *app) configExplainCommand() *cobra.Command {
	var search bool
	cmd := &cobra.Command{
		Use:   "explain POINTER | --search WORD…",
		Short: "explain a key, and what a file says about it",
		Long: `Explain a key of the configuration: what it means, its type and default, where
the configuration file sets it, and to what. The file is the installed one or
that of -c. It need not be valid, and no manager is asked.

POINTER is the place of the key, such as /network/listen/0/kind. You may leave
out the index of a list or write *, which lists all places. For a section, its
keys are listed; / is the whole configuration. Secrets are not shown.

--search lists the keys that have all of the words in their name or description.

Exit status: 0 done; 1 there is no such key, or the file cannot be read;
2 wrong usage.`,
		Example: `  kresctl config explain /cache/size-max
  kresctl -c new.yaml config explain forward/servers
  kresctl config explain --search stale`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case search && len(args) == 0:
				return usage(cmd, "a word to search for is missing")
			case search:
				return nil
			case len(args) == 0:
				return usage(cmd, "a pointer is missing; / is the whole configuration")
			}
			return atMost(1)(cmd, args)
		},
		ValidArgsFunction: pointerCompletion{Bare: true}.arg,
		RunE: func(_ *cobra.Command, args []string) error {
			if search {
				return a.searchKeys(args)
			}
			return a.explain(strings.TrimRight(absolute(args[0]), "/"))
		},
	}
	cmd.Flags().BoolVar(&search, "search", false, "list the keys with these words in their name or meaning")
	return cmd
}

func (a *app) searchKeys(words []string) error {
	found := config.SearchKeys(words)
	if len(found) == 0 {
		return fmt.Errorf("no key has %q in its name or meaning; kresctl config explain / lists all sections", strings.Join(words, " "))
	}
	return present.Keys(a.stdout, found)
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
