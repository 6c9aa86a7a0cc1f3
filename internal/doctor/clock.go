// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// clock looks whether the time can be right: signatures of DNSSEC are valid from
// one moment to another.
func (e *examination) clock() {
	const why = "with a wrong time, every signature is invalid and nothing resolves"
	const fix = "timedatectl set-ntp true; timedatectl status"
	now := time.Now()
	files := []string{e.Config, "/usr/lib/clock-epoch", "/var/lib/systemd/timesync/clock"}
	if own, err := os.Executable(); err == nil {
		files = append(files, own)
	}
	for _, path := range files {
		info, err := os.Stat(path)
		if err == nil && info.ModTime().After(now.Add(24*time.Hour)) {
			e.find(fmt.Sprintf("the clock says %s, which is before %s was written, %s", now.Format(time.DateOnly), path, info.ModTime().Format(time.DateOnly)), why, fix)
			return
		}
	}
	if _, err := e.run("systemd-detect-virt", "--quiet", "--container"); err == nil {
		return // the host keeps the time
	}
	var t unix.Timex
	if state, err := unix.Adjtimex(&t); err == nil && state == unix.TIME_ERROR {
		e.find("nothing synchronizes the clock, says the kernel", why, fix)
	}
}
