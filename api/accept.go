// SPDX-License-Identifier: Apache-2.0

package api

import (
	"mime"
	"net/http"
	"strings"
)

// acceptsJSON reports whether the client asked for JSON by name, in any of the
// spellings given. Wildcards do not count: every common client sends */* without
// meaning anything by it, and gets what Knot Resolver's own manager sends.
func acceptsJSON(r *http.Request, types ...string) bool {
	for _, line := range r.Header["Accept"] {
		for item := range strings.SplitSeq(line, ",") {
			name, params, err := mime.ParseMediaType(item)
			if err != nil || strings.Trim(params["q"], "0.") == "" && params["q"] != "" {
				continue // q=0 is "not acceptable", RFC 9110 section 12.4.2
			}
			for _, t := range types {
				if name == t {
					return true
				}
			}
		}
	}
	return false
}
