// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
)

// dryRun reports whether a request that would change something only asks what
// it would do: dry-run or dry_run, alone or with a truth value. It looks at no
// other parameter.
func dryRun(r *http.Request) (bool, error) {
	dry := false
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return false, malformed("cannot read the query: %v", err)
	}
	for _, name := range []string{"dry-run", "dry_run"} {
		for _, v := range query[name] {
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
