// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"strconv"
	"time"

	"kresd-manager/units"
)

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// megabytes is an amount of memory as systemctl(1) has it.
func megabytes(n uint64) string {
	switch {
	case n == 0:
		return "-"
	case n >= 1<<30:
		return fmt.Sprintf("%.1fG", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%.1fM", float64(n)/(1<<20))
}

// moment is when something happened.
func moment(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(now.Location()).Format(time.DateTime)
}

// since is a time both ways: how long ago, and when.
func since(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return ago(now.Sub(t)) + " (" + t.In(now.Location()).Format("2006-01-02 15:04:05") + ")"
}

// ago is how long ago something was.
func ago(d time.Duration) string {
	if d < 0 {
		return "in the future"
	}
	return period(d) + " ago"
}

// period keeps the one unit that matters.
func period(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s" // clocks differ
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func seconds(s units.Seconds) string {
	return fmt.Sprintf("%.2f s", time.Duration(s).Seconds())
}
