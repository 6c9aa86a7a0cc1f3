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
	if e.Change != 0 {
		cause = fmt.Sprintf("change %d (%s", e.Change, cause)
		if e.Who != nil {
			cause += ", by " + visible.Line(e.Who.String())
		}
		cause += ")"
	}
	step := ""
	if s := e.Step; s != nil {
		step = visible.Line(string(s.Kind) + " " + s.Unit)
	}
	switch e.Kind {
	case units.EventStep:
		why := ""
		if e.Step != nil {
			why = visible.Line(e.Step.Reason())
		}
		_, err = fmt.Fprintf(w, "%s    %s: %s\n", at, step, why)
	case units.EventDone:
		_, err = fmt.Fprintf(w, "%s    %s: done in %s\n", at, step, seconds(e.Took))
	case units.EventFailed:
		_, err = fmt.Fprintf(w, "%s    %s: FAILED: %s\n", at, step, strings.ReplaceAll(e.Error, "\n", "\n      "))
	case units.EventApplied:
		_, err = fmt.Fprintf(w, "%s  %s: applied in %s\n", at, cause, seconds(e.Took))
	case units.EventRepaired:
		if e.Error == "" {
			_, err = fmt.Fprintf(w, "%s  %s: repaired in %s\n", at, cause, seconds(e.Took))
			break
		}
		fallthrough
	case units.EventRefused:
		first, _, _ := strings.Cut(e.Error, "\n")
		_, err = fmt.Fprintf(w, "%s  %s: FAILED: %s\n", at, cause, first)
	case units.EventGap:
		_, err = fmt.Fprintf(w, "%s  events are missing here: %s\n", at, visible.Line(e.Error))
	case units.EventCrash:
		_, err = fmt.Fprintf(w, "%s  %s\n", at, visible.Line(e.Error))
	default:
		text := at + "  " + visible.Line(string(e.Kind))
		switch {
		case e.Cause == "":
		case e.Change != 0:
			text += ": " + cause
		default:
			text += " (" + cause + ")"
		}
		text += "\n"
		if e.Plan != nil {
			for _, line := range e.Plan.Summary() {
				text += "    " + visible.Line(line) + "\n"
			}
		}
		_, err = fmt.Fprint(w, text)
	}
	return err
}
