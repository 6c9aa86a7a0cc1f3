// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"
	"net/url"
)

// readQuery reads the parameters of a request (application/x-www-form-urlencoded).
func readQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	var escape url.EscapeError
	switch {
	case errors.As(err, &escape):
		return nil, malformed("cannot read the query: %s is not a byte in hexadecimal; write %% as %%25", printable(string(escape)))
	case err != nil:
		return nil, malformed("cannot read the query: parameters have & between them, and no semicolon")
	}
	return query, nil
}

// isTrue reads the truth value of a parameter, which alone is true.
func isTrue(name, value string) (bool, error) {
	switch value {
	case "", "1", "true", "yes":
		return true, nil
	case "0", "false", "no":
		return false, nil
	}
	return false, malformed("cannot read %s=%s; write true or false; nothing was done", name, printable(value))
}

// dryRun reports whether a request that would change something only asks what
// it would do: dry-run or dry_run, alone or with a truth value. It looks at no
// other parameter.
func dryRun(r *http.Request) (bool, error) {
	query, err := readQuery(r.URL.RawQuery)
	if err != nil {
		return false, err
	}
	dry := false
	for _, name := range []string{"dry-run", "dry_run"} {
		for _, v := range query[name] {
			yes, err := isTrue(name, v)
			if err != nil {
				return false, err
			}
			dry = dry || yes
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
