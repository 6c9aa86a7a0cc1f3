// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"time"

	"kresd-manager/units"
)

// Report writes the plan that was carried out, or would be, and how it went.
func Report(w io.Writer, r units.Report) error {
	text := ""
	switch {
	case r.Generation == "" && r.Plan.Empty(): // a manager that does not tell
		text = "done\n"
	case r.DryRun:
		text = r.String()
	case r.Plan.Empty():
		text = r.Plan.String()
	default:
		text = r.Plan.String() + fmt.Sprintf("applied in %s, generation %s\n", seconds(r.Took), r.Generation)
	}
	if !r.DryRun {
		for _, line := range r.Taken {
			text += line + "\n"
		}
		text += r.Losses()
	}
	if r.ConfirmBy != nil {
		text += fmt.Sprintf("unless kresctl confirm comes by %s, this is undone\n", r.ConfirmBy.In(time.Local).Format(time.DateTime))
	}
	_, err := io.WriteString(w, text)
	return err
}
