// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"kresd-manager/api/door"
)

// refuseForeign keeps web pages out whose name was made to point at this machine
// (DNS rebinding): a request must name this machine in Host.
func (h *handlers) refuseForeign(next serve) serve {
	return func(w *response, r *http.Request) {
		if !h.ownHost(r.Host, door.CallerOf(r).Local.Addr()) {
			h.fail(w, r, foreignHost(r.Host))
			return
		}
		next(w, r)
	}
}

// ownHost reports whether a Host header names this machine. Clients on a unix
// socket have no name to put there and send nothing, localhost, unix, or, as
// Knot Resolver's own kresctl, the percent-encoded path of the socket, which
// no browser accepts as a host. Over TCP the address that the client reached is
// a name, too.
func (h *handlers) ownHost(host string, reached netip.Addr) bool {
	if host == "" || host == "localhost" || host == "unix" {
		return true
	}
	if strings.HasPrefix(host, "%2F") || strings.HasPrefix(host, "%2f") {
		return true
	}
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	} else {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().IsLoopback() || addr.Unmap() == reached.WithZone("") || slices.Contains(h.opt.Hosts, name)
	}
	name = strings.TrimSuffix(name, ".")
	if strings.EqualFold(name, "localhost") || strings.EqualFold(name, "unix") {
		return true
	}
	return slices.ContainsFunc(h.opt.Hosts, func(own string) bool {
		return strings.EqualFold(name, own)
	})
}
