// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
)

// stop stops the resolver. The answer is sent when no worker runs any more;
// the manager ends once it is out.
func (h *handlers) stop(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if err := h.ctl.Stop(context.WithoutCancel(r.Context())); err != nil {
		return err
	}
	w.send(http.StatusOK, typeText, []byte("All workers have stopped, kresd-manager ends.\n"))
	return nil
}
