// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	"kresd-manager/internal/config/tree"
)

var timeUnits = map[string]int64{
	"us": int64(time.Microsecond), "ms": int64(time.Millisecond), "s": int64(time.Second),
	"m": int64(time.Minute), "h": int64(time.Hour), "d": 24 * int64(time.Hour),
}

// readTime gives a time.Duration: an integer and one of these units, as in "10m".
func readTime(_ *Host, n *tree.Node) (any, *fault) {
	duration, wrong := scale(n, timeUnits)
	return time.Duration(duration), wrong
}
