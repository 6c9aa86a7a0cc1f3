// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"time"

	"kresd-manager/units"
)

// report answers a successful change: with the whole report if the client
// asked for JSON, with the plan if it asked for a dry run, else with a short
// text, which is empty when done is.
func (h *handlers) report(w *response, r *http.Request, report units.Report, done string) error {
	switch {
	case acceptsJSON(r, "application/json"):
		return sendJSON(w, report, "")
	case report.DryRun:
		w.send(http.StatusOK, typeText, []byte(report.String()))
	case done == "":
		w.send(http.StatusOK, "", nil)
	case report.Plan.Empty():
		w.send(http.StatusOK, typeText, fmt.Appendf(nil, "Configuration %s: nothing had to change.\n%s%s", done, report.Losses(), report.Deadline()))
	default:
		w.send(http.StatusOK, typeText, fmt.Appendf(nil, "Configuration %s in %.2f s, generation %s.\n%s%s",
			done, time.Duration(report.Took).Seconds(), report.Generation, report.Losses(), report.Deadline()))
	}
	return nil
}
