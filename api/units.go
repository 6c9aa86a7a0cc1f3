// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"kresd-manager/units"
)

// units lists the units with their states.
func (h *handlers) units(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	status, err := h.ctl.Status(r.Context())
	if err != nil {
		return err
	}
	if status.Units == nil {
		status.Units = []units.UnitStatus{}
	}
	return sendValue(w, r, status.Units)
}
