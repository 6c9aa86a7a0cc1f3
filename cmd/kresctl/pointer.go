// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
)

// pointerFlag adds -p, and its completion. Its value gets the leading slash that people leave out:
// no pointer can do without it, except that to the whole.
func pointerFlag(cmd *cobra.Command, pointer *string, c pointerCompletion) {
	cmd.Flags().StringVarP(pointer, "path", "p", "",
		"JSON `POINTER` to a part of the configuration, as in /network/listen/0")
	if err := cmd.RegisterFlagCompletionFunc("path", c.flag); err != nil { // only for a flag that is not there
		panic(err)
	}
}

func absolute(pointer string) string {
	if pointer == "" || strings.HasPrefix(pointer, "/") {
		return pointer
	}
	return "/" + pointer
}

// isKey refuses an argument that is the pointer of a key where a command takes something
// else: whoever leaves out -p would save a file of that name, or set everything to it.
// Who means the file writes ./ before it.
func isKey(cmd *cobra.Command, pointer string, args []string) error {
	if pointer != "" || len(args) == 0 || strings.Trim(args[0], "/") == "" {
		return nil
	}
	if _, err := config.FindKey(absolute(args[0])); err != nil {
		return nil
	}
	return usage(cmd, "%s is a key of the configuration; for that: %s -p %s", args[0], cmd.CommandPath(), absolute(args[0]))
}
