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
// served here alone. Of other pages nothing is taken but links that a user follows, also
// where they hide their origin ([http.CrossOriginProtection]).
func (h *handlers) refuseOrigins(next serve) serve {
	return func(w *response, r *http.Request) {
		origins := r.Header["Origin"]
		if len(origins) == 0 || sameOrigin(origins, r) {
			w.foreign = fromElsewhere(r)
			if h.crossOrigin.Check(r) != nil || w.foreign && !opensPage(r) {
				h.fail(w, r, crossSite(r.Method, r.URL.Path))
				return
			}
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

// opensPage reports whether a user follows a link of another site, whose answer is shown
// to them and is nothing for that site. All else it has no use for, but as a picture or
// script that is none: to see by time and size what the answer is, or to keep us busy
// (Fetch Metadata, Sec-Fetch-Mode and Sec-Fetch-Dest). On a unix socket the user of ssh(1)
// would answer for it.
func opensPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// sameOrigin compares an Origin header (RFC 6454 section 7) with Host. Over TLS a page
// that came without it is another origin: anyone on the way can have made that one.
func sameOrigin(origins []string, r *http.Request) bool {
	if len(origins) != 1 || r.Host == "" {
		return false
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Scheme != "https" && (u.Scheme != "http" || r.TLS != nil) {
		return false
	}
	return strings.EqualFold(u.Host, r.Host)
}
