// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// refuseOrigins lets pages in that were served here, or by an origin in
// /management/allow-origins, and answers what browsers ask for the latter before
// they send a request (Fetch, "CORS protocol"). Cookies and the like are never
// wanted.
func (h *handlers) refuseOrigins(next serve) serve {
	return func(w *response, r *http.Request) {
		origins := r.Header["Origin"]
		if len(origins) == 0 || sameOrigin(origins, r.Host) {
			next(w, r)
			return
		}
		if len(origins) != 1 || !slices.Contains(h.policy().management.AllowOrigins, strings.ToLower(origins[0])) {
			h.fail(w, r, foreignOrigin(strings.Join(origins, ", ")))
			return
		}
		hd := w.Header()
		hd.Set("Access-Control-Allow-Origin", origins[0])
		vary(w, "Origin")
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			hd.Set("Access-Control-Expose-Headers", "ETag, Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Reference-Id")
			next(w, r)
			return
		}
		hd.Set("Access-Control-Allow-Methods", "GET, HEAD, PUT, PATCH, DELETE, POST")
		hd.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID, Prefer, X-Reference-Id")
		hd.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	}
}

// sameOrigin compares an Origin header (RFC 6454 section 7) with Host.
func sameOrigin(origins []string, host string) bool {
	if len(origins) != 1 || host == "" {
		return false
	}
	u, err := url.Parse(origins[0])
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	return strings.EqualFold(u.Host, host)
}
