// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net"
	"net/http"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

// connKey is the key of the connection in the context of a request.
type connKey struct{}

// withConn remembers the connection of a request.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// whoAsks tells who sent a request: on a unix socket the user that connected,
// whom the kernel names (unix(7), SO_PEERCRED).
func whoAsks(w *response, r *http.Request) units.Who {
	who := units.Who{Via: units.ViaSocket, Request: w.reference}
	c, _ := r.Context().Value(connKey{}).(net.Conn)
	if inner, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = inner.NetConn()
	}
	uid, ok := peerUID(c)
	if !ok {
		return who
	}
	who.UID = &uid
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		who.User = u.Username
	}
	return who
}

// peerUID is who connected a unix socket.
func peerUID(c net.Conn) (uid uint32, ok bool) {
	s, unixSocket := c.(syscall.Conn)
	if _, unixConn := c.(*net.UnixConn); !unixSocket || !unixConn {
		return 0, false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, false
	}
	var cred *unix.Ucred
	var cerr error
	err = raw.Control(func(fd uintptr) {
		cred, cerr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil || cerr != nil {
		return 0, false
	}
	return cred.Uid, true
}
