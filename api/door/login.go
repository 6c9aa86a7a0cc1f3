// SPDX-License-Identifier: Apache-2.0

package door

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// soPeerPidfd is SO_PEERPIDFD of Linux 6.5, where package unix does not have it.
const soPeerPidfd = 77

// login says which user logged in before becoming the one who connected, by sudo or the
// like: the login uid that the kernel keeps for audit (proc_pid_loginuid(5)). It is nil
// where no one logged in, as for a service, and on a kernel that does not say who is
// there without a race: between SO_PEERCRED and a look into /proc, a number may have
// become that of another process, but a pidfd stays that of the one that connected.
func login(fd uintptr) *uint32 {
	pidfd, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, soPeerPidfd)
	if err != nil {
		return nil
	}
	defer unix.Close(pidfd)
	pid, ok := pidOf(pidfd)
	if !ok {
		return nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/loginuid", pid))
	if err != nil || ended(pidfd) {
		return nil
	}
	uid, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil || uid == math.MaxUint32 { // unset
		return nil
	}
	id := uint32(uid)
	return &id
}

// pidOf is the number of the process of a pidfd, as long as it is there
// (proc_pid_fdinfo(5)).
func pidOf(pidfd int) (pid int, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "Pid:"); found {
			pid, err = strconv.Atoi(strings.TrimSpace(value))
			return pid, err == nil && pid > 0
		}
	}
	return 0, false
}

// ended reports whether the process of a pidfd has ended (pidfd_open(2)). One that has
// not keeps its number.
func ended(pidfd int) bool {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err != nil || n != 0
}
