// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Clock is the two clocks that a promise goes by.
type Clock struct {
	// Wall is the time as people have it.
	Wall func() time.Time
	// Boot names the running boot, "" if that is not known, and tells the time
	// since, suspends included.
	Boot func() (id string, since time.Duration)
}

// System is the clocks of this machine.
func System() Clock {
	return Clock{
		// Without what Go knows of the monotonic clock: it stops in a suspend.
		Wall: func() time.Time { return time.Now().Round(0) },
		Boot: func() (string, time.Duration) {
			id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
			var ts unix.Timespec
			if err != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
				return "", 0
			}
			return strings.TrimSpace(string(id)), time.Duration(ts.Nano())
		},
	}
}
