// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
)

// typePrometheus is the text format of Prometheus.
const typePrometheus = "text/plain; version=0.0.4; charset=utf-8"

// metrics sends to the statistics that people read.
func (h *handlers) metrics(w *response, _ *http.Request) error {
	w.Header().Set("Location", "/metrics/json")
	w.send(http.StatusMovedPermanently, typeText, []byte("see /metrics/json and /metrics/prometheus\n"))
	return nil
}

// metricsJSON is what every worker has counted, by instance; null for one that
// did not answer.
func (h *handlers) metricsJSON(w *response, r *http.Request) error {
	workers, err := h.ctl.Statistics(r.Context())
	if err != nil {
		return err
	}
	counts := make(map[string]json.RawMessage, len(workers))
	for _, s := range workers {
		counts[s.InstanceID()] = s.Counts // nil is null
	}
	return sendJSON(w, counts, "")
}

func (h *handlers) metricsPrometheus(w *response, r *http.Request) error {
	text, err := h.ctl.Prometheus(r.Context())
	if err != nil {
		return err
	}
	took, err := h.took.Text()
	if err != nil {
		return err
	}
	w.send(http.StatusOK, typePrometheus, append(text, took...))
	return nil
}
