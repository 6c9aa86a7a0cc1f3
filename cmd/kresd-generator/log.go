// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"syscall"

	"kresd-manager/generator"
)

// complain writes one line to the kernel log, since there is no journal yet, or
// to stderr where that cannot be. It never waits.
func complain(stderr io.Writer, format string, args ...any) {
	text := "kresd-generator: " + generator.Printable(fmt.Sprintf(format, args...)) + "\n"
	if os.Getenv("SYSTEMD_SCOPE") != "" { // systemd has called
		if f, err := os.OpenFile("/dev/kmsg", os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0); err == nil {
			defer f.Close()
			if _, err := f.WriteString("<4>" + text); err == nil {
				return
			}
		}
	}
	fmt.Fprint(stderr, text)
}
