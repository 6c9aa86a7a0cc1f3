// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// pointerFlag adds -p. Its value gets the leading slash that people leave out:
// no pointer can do without it, except that to the whole.
func pointerFlag(cmd *cobra.Command, pointer *string) {
	cmd.Flags().StringVarP(pointer, "path", "p", "",
		"JSON `POINTER` to a part of the configuration, as in /network/listen/0")
}

func absolute(pointer string) string {
	if pointer == "" || strings.HasPrefix(pointer, "/") {
		return pointer
	}
	return "/" + pointer
}
