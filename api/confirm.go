// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"strconv"
)

// confirm makes the change that waits for it stay.
func (h *handlers) confirm(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	e, err := h.ctl.Confirm(context.WithoutCancel(r.Context()), whoAsks(w, r))
	if err != nil {
		return err
	}
	if acceptsJSON(r, "application/json") {
		return sendJSON(w, e, "")
	}
	w.send(http.StatusOK, typeText, []byte("Change "+strconv.Itoa(e.ID)+" is confirmed and stays.\n"))
	return nil
}
