// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// removed reports whether a socket has lost its path: nothing is there, or one that an
// earlier manager opened itself for that reason, and left behind when it was killed.
func removed(l *net.UnixListener) bool {
	path := l.Addr().String()
	if !strings.HasPrefix(path, "/") {
		return false // it has never had one (unix(7))
	}
	st, err := os.Lstat(path)
	if err != nil || st.Mode()&fs.ModeSocket == 0 {
		return err == nil || errors.Is(err, fs.ErrNotExist)
	}
	self := uint32(os.Geteuid())
	by, known := listener(l)
	return known && by != self && st.Sys().(*syscall.Stat_t).Uid == self
}

// listener is the user who called listen(2), as SO_PEERCRED says of a socket that
// listens (unix(7)).
func listener(l *net.UnixListener) (uid uint32, known bool) {
	raw, err := l.SyscallConn()
	if err != nil {
		return 0, false
	}
	_ = raw.Control(func(fd uintptr) {
		if c, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid, known = c.Uid, true
		}
	})
	return uid, known
}
