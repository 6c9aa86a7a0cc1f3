// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"kresd-manager/units"
)

// plan says what a reload would do.
func (h *handlers) plan(w *response, r *http.Request) error {
	giveBack, err := h.planning(w, r, true)
	if err != nil {
		return err
	}
	defer giveBack()
	report, err := h.ctl.Reload(r.Context(), units.Again{DryRun: true})
	if err != nil {
		return &changeError{report, err}
	}
	return sendJSON(w, report, "")
}
