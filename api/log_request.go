// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"time"
)

// logRequest logs each request with its route at LevelTrace. It costs next to
// nothing when no one listens at that level.
func (h *handlers) logRequest(next serve) serve {
	return func(w *response, r *http.Request) {
		if !h.log.Enabled(r.Context(), LevelTrace) {
			next(w, r)
			return
		}
		start := time.Now()
		defer func() { // also when the connection is cut by a panic
			path, class := "", access("")
			if w.route != nil {
				path, class = w.route.path, w.route.access
			}
			h.log.Log(r.Context(), LevelTrace, "request",
				"reference", w.reference, "method", r.Method, "path", r.URL.Path,
				"route", path, "access", class,
				"status", w.status, "bytes", w.bytes, "took", time.Since(start))
		}()
		next(w, r)
	}
}
