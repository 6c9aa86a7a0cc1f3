// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
)

// root is what monitoring asks: is someone there, and is all well?
func (h *handlers) root(w *response, r *http.Request) error {
	status, err := h.ctl.Status(r.Context())
	if err != nil {
		return err
	}
	state := strings.ToUpper(status.State)
	if status.State == "applying" {
		state = "RUNNING" // DNS is served meanwhile; /v1/status has the detail
	}
	return sendJSON(w, struct {
		Msg    string `json:"msg"`
		Status string `json:"status"`
	}{"Knot Resolver is managed by kresd-manager", state}, "")
}

func (h *handlers) status(w *response, r *http.Request) error {
	status, err := h.ctl.Status(r.Context())
	if err != nil {
		return err
	}
	return sendValue(w, r, status)
}
