// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"
	"time"

	"kresd-manager/units"
)

// Report writes the plan that was carried out, or would be, how it went, and how to go
// back. Verbose has the plan step by step, with hashes.
func Report(w io.Writer, r units.Report, verbose bool) error {
	var b strings.Builder
	switch {
	case r.Generation == "" && r.Plan.Empty(): // a manager that does not tell
		b.WriteString("done\n")
	case r.DryRun && verbose:
		b.WriteString(r.Detail())
	case r.DryRun:
		b.WriteString(r.String())
	default:
		made(&b, r, verbose)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Outcome is Report of a change whose plan has been shown already.
func Outcome(w io.Writer, r units.Report) error {
	var b strings.Builder
	outcome(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// made is the report of a change that was made.
func made(b *strings.Builder, r units.Report, verbose bool) {
	switch {
	case r.Plan.Empty():
	case verbose:
		b.WriteString(r.Plan.String())
	default:
		b.WriteString(r.Steps())
	}
	outcome(b, r)
}

// outcome is what became of a change, and how to go back.
func outcome(b *strings.Builder, r units.Report) {
	number := ""
	if r.Entry != 0 {
		number = fmt.Sprintf(" as change %d", r.Entry)
	}
	switch {
	case r.Plan.Empty() && r.Entry != 0 && !r.Diff.Empty():
		how := "applied" // from the file
		if r.Unsaved {
			how = "saved"
		}
		fmt.Fprintf(b, "%s; nothing needs to restart (change %d)\n", how, r.Entry)
	case r.Plan.Empty():
		b.WriteString(r.Steps())
	default:
		fmt.Fprintf(b, "applied in %s%s\n", seconds(r.Took), number)
	}
	for _, line := range r.Taken {
		b.WriteString(line + "\n")
	}
	b.WriteString(r.Losses())
	if r.ConfirmBy != nil {
		fmt.Fprintf(b, "unless kresctl confirm comes by %s, this is undone\n", r.ConfirmBy.In(time.Local).Format(time.DateTime))
	}
	if r.Entry == 0 || r.Diff.Empty() { // there is nothing to undo
		return
	}
	if r.Undo != 0 {
		fmt.Fprintf(b, "undo: kresctl rollback %d\n", r.Undo)
	}
	if r.Unsaved {
		b.WriteString("keep: kresctl config save, or the next reload drops it\n")
	}
}
