// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/units"
)

func (a *app) quietFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&a.quiet, "quiet", "q", false, "print nothing if all went well")
}

// printReport shows the plan that was carried out, or would be, and how it
// went.
func (a *app) printReport(r units.Report) {
	switch {
	case a.quiet:
	case r.Generation == "" && r.Plan.Empty(): // a manager that does not tell
		fmt.Fprintln(a.stdout, "done")
	case r.DryRun:
		fmt.Fprint(a.stdout, r.String())
	case r.Plan.Empty():
		fmt.Fprint(a.stdout, r.Plan.String())
	default:
		fmt.Fprint(a.stdout, r.Plan.String())
		fmt.Fprintf(a.stdout, "applied in %s, generation %s\n", seconds(r.Took), r.Generation)
	}
	if !r.DryRun && !a.quiet {
		for _, line := range r.Taken {
			fmt.Fprintln(a.stdout, line)
		}
		fmt.Fprint(a.stdout, r.Losses())
	}
	if r.ConfirmBy != nil && !a.quiet {
		fmt.Fprintf(a.stdout, "unless kresctl confirm comes by %s, this is undone\n", r.ConfirmBy.In(time.Local).Format(time.DateTime))
	}
}

func seconds(s units.Seconds) string {
	return fmt.Sprintf("%.2f s", time.Duration(s).Seconds())
}
