// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/cobra"
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
