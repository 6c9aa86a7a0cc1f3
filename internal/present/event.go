// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// Event writes an event, of a change or of a step.
func Event(w io.Writer, e units.Event) (err error) {
	at := e.When.Local().Format("15:04:05.000")
	cause := visible.Line(e.Cause)
	step := ""
	if s := e.Step; s != nil {
		step = visible.Line(string(s.Kind) + " " + s.Unit)
	}
	switch e.Kind {
	case units.EventStep:
		why := ""
		if e.Step != nil {
			why = visible.Line(e.Step.Cause)
		}
		_, err = fmt.Fprintf(w, "%s    %s: %s\n", at, step, why)
	case units.EventDone:
		_, err = fmt.Fprintf(w, "%s    %s: done in %s\n", at, step, seconds(e.Took))
	case units.EventFailed:
		_, err = fmt.Fprintf(w, "%s    %s: FAILED: %s\n", at, step, strings.ReplaceAll(e.Error, "\n", "\n      "))
	case units.EventApplied:
		_, err = fmt.Fprintf(w, "%s  %s: applied in %s, generation %s\n", at, cause, seconds(e.Took), visible.Line(e.Generation))
	case units.EventRefused:
		first, _, _ := strings.Cut(e.Error, "\n")
		_, err = fmt.Fprintf(w, "%s  %s: FAILED: %s\n", at, cause, first)
	case units.EventGap:
		_, err = fmt.Fprintf(w, "%s  events are missing here: %s\n", at, visible.Line(e.Error))
	default:
		text := at + "  " + visible.Line(string(e.Kind))
		if e.Cause != "" {
			text += " (" + cause + ")"
		}
		if e.Plan != nil {
			text += ": " + e.Plan.String()
		} else {
			text += "\n"
		}
		_, err = fmt.Fprint(w, text)
	}
	return err
}
