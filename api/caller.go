// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"os/user"
	"slices"
	"strconv"

	accounts "kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// caller is who is at the other end of a connection. The zero value is somebody
// of whom nothing is known.
type caller struct {
	uid  *uint32  // on a unix socket
	gids []uint32 // all groups of the process that connected
	// remote, local and listener are valid over TCP: the address that the caller
	// has, the one that it reached, and the one that was listened on for it.
	remote, local, listener netip.AddrPort
	conn                    *conn // nil if there is no gate
}

func (c *caller) tcp() bool { return c.remote.IsValid() }

// callerKey is the key of the caller in the context of a request.
type callerKey struct{}

// identify tells who made a connection.
func identify(c *conn) *caller {
	who := &caller{listener: addrPort(c.listener.Addr()), conn: c}
	switch inner := c.Conn.(type) {
	case *net.UnixConn:
		who.uid, who.gids = peer(inner)
	case *net.TCPConn:
		who.remote, who.local = addrPort(inner.RemoteAddr()), addrPort(inner.LocalAddr())
	}
	return who
}

// withCaller remembers who made a connection.
func withCaller(ctx context.Context, accepted net.Conn) context.Context {
	if c, ok := accepted.(*conn); ok {
		return context.WithValue(ctx, callerKey{}, c.caller)
	}
	return ctx
}

// addrPort is a TCP address, the invalid one if a is none.
func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := t.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

func callerOf(r *http.Request) *caller {
	if c, ok := r.Context().Value(callerKey{}).(*caller); ok {
		return c
	}
	return &caller{}
}

// has reports whether a caller on a unix socket is one of the users or in one of
// the groups of a role. Both are names or numbers; what the system does not
// know is nobody.
func (c *caller) has(role *config.Role) bool {
	for _, name := range role.Users {
		if id, ok := accounts.UserID(name); ok && c.uid != nil && id == *c.uid {
			return true
		}
	}
	for _, name := range role.Groups {
		if id, ok := accounts.GroupID(name); ok && slices.Contains(c.gids, id) {
			return true
		}
	}
	return false
}

// whoAsks tells who sent a request, for the log and the history.
func whoAsks(w *response, r *http.Request) units.Who {
	c := callerOf(r)
	who := units.Who{Via: units.ViaSocket, UID: c.uid, Role: w.role, Request: w.reference}
	if c.tcp() {
		who.Via, who.Remote = units.ViaTCP, c.remote.String()
	}
	if c.uid != nil {
		if u, err := user.LookupId(strconv.FormatUint(uint64(*c.uid), 10)); err == nil {
			who.User = u.Username
		}
	}
	return who
}
