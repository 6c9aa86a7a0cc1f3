// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/present"
	"kresd-manager/internal/visible"
)

// jsonAnnotation marks the commands that have --json.
const jsonAnnotation = "json"

// hasJSON says that a command prints what it has as JSON where a.json says so.
func hasJSON(cmd *cobra.Command) {
	if cmd.Annotations == nil {
		cmd.Annotations = make(map[string]string)
	}
	cmd.Annotations[jsonAnnotation] = ""
}

// checkFlags refuses global flags that do nothing for this command, so that no script
// goes by what it did not get.
func (a *app) checkFlags(cmd *cobra.Command, _ []string) error {
	if _, err := present.Colored(a.stdout, a.color); err != nil {
		return usage(cmd, "%v", err)
	}
	if _, has := cmd.Annotations[jsonAnnotation]; a.json && !has && !cmd.HasSubCommands() {
		return usage(cmd, "%s has nothing to print as JSON; leave out --json", cmd.CommandPath())
	}
	return nil
}

// colored reports whether a stream is to have colours, by --color.
func (a *app) colored(w *visible.Writer) bool {
	colored, err := present.Colored(w, a.color)
	return err == nil && colored
}
