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
	if asked.Match, err = matches(r); err != nil {
		return err
	}
	id := 0
	if variable(r, "id") != "" {
		if id, err = entryID(r); err != nil {
			return err
		}
	}
	giveBack, err := h.planning(w, r, asked.DryRun)
	if err != nil {
		return err
	}
	defer giveBack()
	return h.carry(w, r, asked.Asked, asked.DryRun, func(ctx context.Context, on units.Asked) (units.Report, error) {
		asked.Asked = on
		return h.ctl.Rollback(ctx, id, asked)
	}, func(report units.Report) error { return h.report(w, r, report, "rolled back") })
}
