// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/netip"
	"strconv"
)

// source is where connections come from, known before anybody is asked who he is:
// a user on a unix socket, an address over TCP. It is comparable.
type source struct {
	kind sourceKind
	uid  uint32
	net  netip.Prefix
}

type sourceKind uint8

const (
	unknownSource sourceKind = iota
	rootSource               // on a unix socket, as is the next one
	userSource
	netSource // over TCP
)

// source of a caller. An IPv6 address stands for its /64, of which its owner has
// all the addresses (RFC 4291 section 2.5.4).
func (c *caller) source() source {
	switch {
	case c.tcp():
		at := c.remote.Addr().WithZone("")
		bits := at.BitLen()
		if at.Is6() {
			bits = 64
		}
		prefix, err := at.Prefix(bits)
		if err != nil {
			return source{}
		}
		return source{kind: netSource, net: prefix}
	case c.uid == nil:
		return source{}
	case *c.uid == 0:
		return source{kind: rootSource}
	}
	return source{kind: userSource, uid: *c.uid}
}

func (s source) String() string {
	switch s.kind {
	case rootSource:
		return "uid 0"
	case userSource:
		return "uid " + strconv.FormatUint(uint64(s.uid), 10)
	case netSource:
		if s.net.IsSingleIP() {
			return s.net.Addr().String()
		}
		return s.net.String()
	}
	return "unknown"
}
