// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"kresd-manager/api/wire"
)

// answer sends a problem in the form the client asked for.
func (h *handlers) answer(w *response, r *http.Request, p *wire.Problem) {
	p.Reference = w.reference
	delete(w.Header(), etagField)
	vary(w, "Accept")
	if acceptsJSON(r, "application/json", "application/problem+json") {
		if body, err := json.Marshal(p); err == nil {
			w.send(p.Status, typeProblem, append(body, '\n'))
			return
		}
	}
	w.send(p.Status, typeText, []byte(p.Text()))
}

// sendJSON sends a value with a line end.
func sendJSON(w *response, v any, indent string) error {
	var body []byte
	var err error
	if indent == "" {
		body, err = json.Marshal(v)
	} else {
		body, err = json.MarshalIndent(v, "", indent)
	}
	if err != nil {
		return fmt.Errorf("cannot encode the answer: %w", err)
	}
	w.send(http.StatusOK, typeJSON, append(body, '\n'))
	return nil
}
