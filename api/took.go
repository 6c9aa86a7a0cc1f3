// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
	"time"
)

// measure notes how long requests took. What takes as long as its client wants, as a
// stream or a wait for a change, says nothing of this program and is left out.
func (h *handlers) measure(next serve) serve {
	return func(w *response, r *http.Request) {
		start := time.Now()
		defer func() { // also when the connection is cut by a panic
			if w.status == 0 || w.patient || r.URL.Query().Has("wait") || strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
				return
			}
			h.took.Note(classOf(w.route), w.status, time.Since(start))
		}()
		next(w, r)
	}
}

// classOf is what a request is for, in one of a few words.
func classOf(row *route) string {
	switch {
	case row == nil:
		return "none"
	case strings.HasPrefix(row.path, "/metrics"):
		return "metrics"
	}
	return string(row.access)
}
