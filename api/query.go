// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
)

// dryRun reports whether a request that would change something only asks what
// it would do: dry-run or dry_run, alone or with a truth value.
//
// Other parameters are refused rather than ignored. A misspelt dry-run must
// not change anything.
func dryRun(r *http.Request) (bool, error) {
	if r.URL.RawQuery == "" {
		return false, nil
	}
	dry := false
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return false, malformed("cannot read the query: %v", err)
	}
	for name, values := range query {
		if name != "dry-run" && name != "dry_run" {
			return false, malformed("there is no parameter %s; nothing was done", printable(name))
		}
		for _, v := range values {
			switch v {
			case "", "1", "true", "yes":
				dry = true
			case "0", "false", "no":
			default:
				return false, malformed("cannot read %s=%s; nothing was done", name, printable(v))
			}
		}
	}
	return dry, nil
}

// noQuery refuses all parameters, for actions that have no dry run.
func noQuery(r *http.Request) error {
	if r.URL.RawQuery != "" {
		return malformed("%s takes no parameters; nothing was done", r.URL.Path)
	}
	return nil
}
