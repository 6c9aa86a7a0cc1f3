// SPDX-License-Identifier: Apache-2.0

package door

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
)

// Caller is who is at the other end of a connection. The zero value is someone of
// whom nothing is known.
type Caller struct {
	UID  *uint32  // on a unix socket
	GIDs []uint32 // all groups of the process that connected
	// Login is who logged in before becoming UID, nil where no one did.
	Login *uint32
	// Remote, Local and Listener are valid over TCP: the address that the caller
	// has, the one that it reached, and the one that was listened on for it.
	Remote, Local, Listener netip.AddrPort
	conn                    *conn // nil if there is no gate
}

// TCP reports whether the caller came over TCP.
func (c *Caller) TCP() bool { return c.Remote.IsValid() }

// callerKey is the key of the caller in the context of a request.
type callerKey struct{}

// identify says who made a connection.
func identify(c *conn) *Caller {
	who := &Caller{Listener: addrPort(c.listener.Addr()), conn: c}
	switch inner := c.Conn.(type) {
	case *net.UnixConn:
		who.UID, who.GIDs, who.Login = peer(inner)
	case *net.TCPConn:
		who.Remote, who.Local = addrPort(inner.RemoteAddr()), addrPort(inner.LocalAddr())
	}
	return who
}

// withCaller remembers who made a connection.
func withCaller(ctx context.Context, accepted net.Conn) context.Context {
	if c := ours(accepted); c != nil {
		return With(ctx, c.caller)
	}
	return ctx
}

// ours is the connection below one that package http has, nil if it is none of a gate.
func ours(accepted net.Conn) *conn {
	if t, ok := accepted.(*tls.Conn); ok {
		accepted = t.NetConn()
	}
	c, _ := accepted.(*conn)
	return c
}

// With is a context whose requests are of a caller, as those over a connection of a
// [Server] are.
func With(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
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

// CallerOf says who sent a request.
func CallerOf(r *http.Request) *Caller {
	if c, ok := r.Context().Value(callerKey{}).(*Caller); ok {
		return c
	}
	return &Caller{}
}
