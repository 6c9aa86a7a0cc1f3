// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// versions are those of what runs.
func (h *handlers) versions(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	v, err := h.ctl.Versions(r.Context())
	if err != nil {
		return err
	}
	return sendJSON(w, v, "")
}
