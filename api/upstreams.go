// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// upstreams is what workers have found out of the servers that they ask.
func (h *handlers) upstreams(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	u, err := h.ctl.Upstreams(r.Context())
	if err != nil {
		return err
	}
	return sendJSON(w, u, "")
}
