// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"github.com/spf13/cobra"
)

// colorFlag adds --color.
func colorFlag(cmd *cobra.Command, when *string) {
	cmd.Flags().StringVar(when, "color", "auto",
		"quote the lines that problems are in, in colour: auto (on a terminal), always or never")
}

// fancy decides between output for people and output for programs. NO_COLOR
// is honoured as no-color.org asks: a flag is stronger.
func (a *app) fancy(cmd *cobra.Command, when string) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && a.stderr.Terminal(), nil
	}
	return false, usage(cmd, "--color is auto, always or never, not %q", when)
}
