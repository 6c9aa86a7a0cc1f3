// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxGroups is how many groups of a caller are looked at. The kernel allows more
// (NGROUPS_MAX), and no one has them.
const maxGroups = 1024

// peer says which user connected a unix socket, nil if that cannot be known, and
// all the groups that the process had then (unix(7), SO_PEERCRED and
// SO_PEERGROUPS). They come from the kernel, so that it does not matter which
// user database they are in. logged is who logged in, see login.
func peer(c *net.UnixConn) (uid *uint32, gids []uint32, logged *uint32) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, nil, nil
	}
	err = raw.Control(func(fd uintptr) {
		cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return
		}
		uid = &cred.Uid
		gids = append(peerGroups(fd), cred.Gid)
		logged = login(fd)
	})
	if err != nil {
		return nil, nil, nil
	}
	return uid, gids, logged
}

func peerGroups(fd uintptr) []uint32 {
	var groups [maxGroups]uint32
	size := uint32(unsafe.Sizeof(groups))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
		uintptr(unsafe.Pointer(&groups)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return nil
	}
	return slices.Clone(groups[:size/4])
}
