// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"kresd-manager/units"
)

// History writes changes, a line each.
func History(w io.Writer, h units.History, now time.Time) error {
	if h.Waiting != nil {
		fmt.Fprintln(w, waits(*h.Waiting, now))
	}
	table := NewTable(w)
	table.Row("CHANGE", "WHEN", "WHO", "OUTCOME", "WHAT")
	for _, e := range h.Entries {
		mark := " "
		if e.Running {
			mark = "*"
		}
		what := e.Cause
		if e.Comment != "" {
			what += " (" + e.Comment + ")"
		}
		table.Row(mark+strconv.Itoa(e.ID), e.When.In(now.Location()).Format(time.DateTime),
			e.Who.String(), e.Outcome, what)
	}
	return table.Flush()
}

// waits says what must be confirmed.
func waits(w units.Waiting, now time.Time) string {
	left := w.By.Sub(now).Round(time.Second)
	return fmt.Sprintf("change %d waits: unless kresctl confirm comes by %s (in %s) it is undone",
		w.Entry, w.By.In(now.Location()).Format(time.DateTime), max(left, 0))
}
