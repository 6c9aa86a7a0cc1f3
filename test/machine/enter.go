// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// enter runs f on a thread that has joined the given namespaces (CLONE_NEW… flags) of
// the machine; the thread is thrown away afterwards. What f does on its own goroutine
// happens inside: it must not leave that to goroutines it starts.
func (m *Machine) enter(namespaces int, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		// The main thread stands for the whole process in /proc/self, and cannot be thrown
		// away: leave it alone and hold it while another thread is used.
		if unix.Gettid() == os.Getpid() {
			defer runtime.UnlockOSThread()
			done <- m.enter(namespaces, f)
			return
		}
		done <- func() error {
			if namespaces&unix.CLONE_NEWNS != 0 {
				// A mount namespace can be joined only by who shares root and working
				// directory with no one (setns(2)).
				if err := unix.Unshare(unix.CLONE_FS); err != nil {
					return fmt.Errorf("cannot leave the process's root: %w", err)
				}
			}
			if err := unix.Setns(int(m.pidfd.Fd()), namespaces); err != nil {
				return fmt.Errorf("cannot enter the machine %s: %w", m.name, err)
			}
			return f()
		}()
	}()
	return <-done
}
