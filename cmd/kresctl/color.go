// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
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
		return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTTY(a.stderr), nil
	}
	return false, usage(cmd, "--color is auto, always or never, not %q", when)
}

// isTTY asks the system: other character devices, /dev/null among them, are no
// terminals.
func isTTY(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
