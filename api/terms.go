// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kresd-manager/units"
)

// Bounds of what a request may ask for.
const (
	maxConfirmWithin = 7 * 24 * time.Hour
	minConfirmWithin = time.Second
	maxComment       = 1000 // bytes
)

// terms reads the parameters of a request that changes something: dry-run,
// confirm-within and comment. All may be spelt with _ as well.
//
// Other parameters than these and those in besides are refused rather than ignored.
// A misspelt dry-run must not change anything.
func terms(w *response, r *http.Request, besides ...string) (units.Again, error) {
	a := units.Again{Asked: units.Asked{Who: whoAsks(w, r)}}
	if r.URL.RawQuery == "" {
		return a, nil
	}
	query, err := readQuery(r.URL.RawQuery)
	if err != nil {
		return a, err
	}
	for name, values := range query {
		v := values[len(values)-1]
		switch strings.ReplaceAll(name, "_", "-") {
		case "dry-run":
			dry, err := dryRun(r)
			if err != nil {
				return a, err
			}
			a.DryRun = dry
		case "confirm-within":
			if a.ConfirmWithin, err = confirmWithin(v); err != nil {
				return a, err
			}
		case "comment":
			if len(v) > maxComment || !utf8.ValidString(v) {
				return a, malformed("a comment is UTF-8 text of at most %d bytes; nothing was done", maxComment)
			}
			a.Comment = v
		default:
			if slices.Contains(besides, name) {
				continue
			}
			return a, malformed("there is no parameter %s; nothing was done", printable(name))
		}
	}
	return a, nil
}

// matches is the precondition of a request about the whole configuration, nil
// if it has none.
func matches(r *http.Request) (func(etag string) error, error) {
	cond, err := parseConditions(r.Header)
	if err != nil || !cond.match.present && !cond.noneMatch.present {
		return nil, err
	}
	return func(etag string) error {
		if cond.evaluate(etag, true) != proceed {
			return preconditionFailed(etag)
		}
		return nil
	}, nil
}

// confirmWithin reads a time: 90s, 5m, 1h30m, or seconds without a unit.
func confirmWithin(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if seconds, nerr := strconv.ParseUint(s, 10, 32); nerr == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil {
		return 0, malformed("cannot read confirm-within=%s; write a time such as 90s, 5m or 1h; nothing was done", printable(s))
	}
	if d < minConfirmWithin || d > maxConfirmWithin {
		return 0, malformed("confirm-within is at least %s and at most %s; nothing was done", "1s", "168h")
	}
	return d, nil
}
