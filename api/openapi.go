// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// openAPI sends the description of the interface.
func (h *handlers) openAPI(w *response, _ *http.Request) error {
	text, err := h.described()
	if err != nil {
		return err
	}
	w.send(http.StatusOK, typeJSON, text)
	return nil
}
