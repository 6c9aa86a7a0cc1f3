// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseMoment reads a time in the past as people write it: how long before now (90s,
// 10m, 2h, 3d, 1w), a day (2026-11-28), a day with a time (2026-11-28 10:00, with or
// without seconds), both in the place of now, or RFC 3339.
func ParseMoment(s string, now time.Time) (time.Time, error) {
	if ago, ok := parseAgo(s); ok {
		return now.Add(-ago), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return at, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("cannot read %q as a time; write 10m, 2h or 3d for that long ago, 2026-11-28 10:00, or RFC 3339", s)
}

// longest keeps sums of durations from overflowing.
const longest = 100 * 365 * 24 * time.Hour

// parseAgo reads a duration that may have days and weeks.
func parseAgo(s string) (time.Duration, bool) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseUint(number, 10, 16)
			return time.Duration(n) * length, err == nil && n <= uint64(longest/length)
		}
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0 && d <= longest
}
