// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net/netip"
	"strconv"
)

// Source is where connections come from, known before anyone is asked who he is:
// a user on a unix socket, an address over TCP. It is comparable.
type Source struct {
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

// Source of a caller. An IPv6 address stands for its /64, of which its owner has
// all the addresses (RFC 4291 section 2.5.4).
func (c *Caller) Source() Source {
	switch {
	case c.TCP():
		at := c.Remote.Addr().WithZone("")
		bits := at.BitLen()
		if at.Is6() {
			bits = 64
		}
		prefix, err := at.Prefix(bits)
		if err != nil {
			return Source{}
		}
		return Source{kind: netSource, net: prefix}
	case c.UID == nil:
		return Source{}
	case *c.UID == 0:
		return Source{kind: rootSource}
	}
	return Source{kind: userSource, uid: *c.UID}
}

// Root reports whether it is root on a unix socket.
func (s Source) Root() bool { return s.kind == rootSource }

func (s Source) String() string {
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
