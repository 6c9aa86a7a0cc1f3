// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"kresd-manager/units"
)

// maxNamed is how many units a request may name.
const maxNamed = 1000

// restart restarts the units that are named, each with unit=, or all workers.
func (h *handlers) restart(w *response, r *http.Request) error {
	asked, err := terms(w, r, "unit")
	if err != nil {
		return err
	}
	named := r.URL.Query()["unit"]
	if len(named) > maxNamed {
		return malformed("at most %d units can be named; nothing was done", maxNamed)
	}
	for i, name := range named {
		if named[i], err = units.ParseName(name); err != nil {
			return &units.UnitError{Problem: err.Error(), Unknown: true}
		}
	}
	if asked.ConfirmWithin != 0 {
		return malformed("a restart does not change the configuration, so confirm-within does not apply; nothing was done")
	}
	return h.carryAgain(w, r, asked, func(ctx context.Context, a units.Again) (units.Report, error) {
		return h.ctl.Restart(ctx, named, a)
	}, func(report units.Report) error {
		if report.DryRun || acceptsJSON(r, "application/json") {
			return h.report(w, r, report, "")
		}
		w.send(http.StatusOK, typeText, fmt.Appendf(nil, "Restarted units: %d, in %.2f s.\n",
			len(report.Plan.Touches(units.Restart)), time.Duration(report.Took).Seconds()))
		return nil
	})
}
