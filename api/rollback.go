// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"kresd-manager/units"
)

// rollback returns to the configuration of an earlier change, or, if none is
// named, to what ran before the last one.
func (h *handlers) rollback(w *response, r *http.Request) error {
	asked, err := terms(w, r)
	if err != nil {
		return err
	}
	id := 0
	if variable(r, "id") != "" {
		if id, err = entryID(r); err != nil {
			return err
		}
	}
	return h.carryAgain(w, r, asked, func(ctx context.Context, a units.Again) (units.Report, error) {
		return h.ctl.Rollback(ctx, id, a)
	}, func(report units.Report) error { return h.report(w, r, report, "rolled back") })
}
