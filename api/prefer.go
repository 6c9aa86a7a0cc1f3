// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// preference is what a client would like of its answer (RFC 7240).
type preference struct {
	async bool          // respond-async: an answer before the end, rather than none for long
	wait  time.Duration // how long it may take until then
}

// maxWait bounds for how long a client may wait for a change by one request.
const maxWait = 10 * time.Minute

// prefers reads the Prefer header. What is not known, or makes no sense, is ignored, and
// of a preference that comes twice the first one counts (section 2).
func prefers(r *http.Request) (p preference) {
	seen := map[string]bool{}
	for _, item := range split(strings.Join(r.Header.Values("Prefer"), ","), ',') {
		first := split(item, ';')[0] // the rest are parameters, and none is defined
		name, value, _ := strings.Cut(first, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
		if seen[name] {
			continue
		}
		seen[name] = true
		switch name {
		case "respond-async":
			p.async = true
		case "wait":
			if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
				p.wait = min(time.Duration(seconds)*time.Second, maxWait)
			}
		}
	}
	return p
}

// split cuts a text at a separator, unless that is in a quoted string (RFC 9110 section
// 5.6.4).
func split(s string, sep byte) []string {
	var parts []string
	quoted, begin := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[begin:i])
			begin = i + 1
		}
	}
	return append(parts, s[begin:])
}
