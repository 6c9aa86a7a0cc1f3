// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// Undone writes which changes a rollback undoes, a line each.
func Undone(w io.Writer, undone []units.Entry) error {
	for _, e := range undone {
		what := e.Cause
		if e.Comment != "" {
			what += " (" + e.Comment + ")"
		}
		if _, err := fmt.Fprintf(w, "undoes change %d of %s: %s\n", e.ID, visible.Line(e.Who.String()), visible.Line(what)); err != nil {
			return err
		}
	}
	return nil
}
