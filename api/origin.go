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
// they send a request (Fetch, "CORS protocol"). Cookies count for pages that were
// served here alone, and of other pages nothing is taken that could change something,
// also where they hide their origin ([http.CrossOriginProtection]).
func (h *handlers) refuseOrigins(next serve) serve {
	return func(w *response, r *http.Request) {
		origins := r.Header["Origin"]
		if len(origins) == 0 || sameOrigin(origins, r.Host) {
			if err := h.crossOrigin.Check(r); err != nil {
				h.fail(w, r, crossSite(r.Method, r.URL.Path))
				return
			}
			w.foreign = fromElsewhere(r)
			next(w, r)
			return
		}
		if len(origins) != 1 || !slices.Contains(h.policy().management.AllowOrigins, strings.ToLower(origins[0])) {
			h.fail(w, r, foreignOrigin(strings.Join(origins, ", ")))
			return
		}
		w.foreign = true
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

// fromElsewhere reports whether a browser says that the page which sends a request is of
// another origin (Fetch Metadata, Sec-Fetch-Site). Browsers that say nothing are known by
// Origin.
func fromElsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none": // none: typed by the user, who sees the answer alone
		return false
	}
	return true
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
