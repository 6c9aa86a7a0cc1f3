// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// cancel gives up the change in progress. Whoever waits for that change gets
// the failure.
func (h *handlers) cancel(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if _, ok := h.ctl.Cancel(0); !ok {
		return nothingToCancel()
	}
	w.send(http.StatusAccepted, typeText, []byte("The change is given up; what ran before is restored.\n"))
	return nil
}
