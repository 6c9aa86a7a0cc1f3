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

func mebibytes(n uint64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// since is a time both ways: how long ago, and when.
func since(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return ago(now.Sub(t)) + " (" + t.In(now.Location()).Format("2006-01-02 15:04:05") + ")"
}

// ago keeps the one unit that matters.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "in the future"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

func seconds(s units.Seconds) string {
	return fmt.Sprintf("%.2f s", time.Duration(s).Seconds())
}
