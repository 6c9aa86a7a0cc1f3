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
		if !h.ownHost(r.Host, door.CallerOf(r)) && !h.certifiedHost(r) {
			h.fail(w, r, foreignHost(r.Host))
			return
		}
		next(w, r)
	}
}

// ownHost reports whether a Host header names this machine.
//
// Clients on a unix socket have no name to put there and send nothing, a word such as
// localhost, unix, d or api, or, as Knot Resolver's own kresctl, the percent-encoded
// path of the socket, which no browser accepts as a host. What has a dot in it is a name
// that a proxy has passed on. What has a port comes from a browser, through ssh(1): a
// word is a name of the DNS for it, by a search domain, or as a top-level domain if a
// dot follows, and whoever has that name can make it point here. Over TCP the names of
// the machine count, and the address that the client reached.
func (h *handlers) ownHost(host string, c *door.Caller) bool {
	if host == "" || strings.HasPrefix(host, "%2F") || strings.HasPrefix(host, "%2f") {
		return true
	}
	name := hostName(host)
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().IsLoopback() || addr.Unmap() == c.Local.Addr().WithZone("") || slices.Contains(h.opt.Hosts, name)
	}
	if !c.TCP() && !strings.ContainsAny(host, ".:") {
		return true
	}
	name = strings.TrimSuffix(name, ".")
	if strings.EqualFold(name, "localhost") || strings.EqualFold(name, "unix") {
		return true
	}
	return slices.ContainsFunc(h.opt.Hosts, func(own string) bool {
		return strings.EqualFold(name, own)
	})
}

// certifiedHost reports whether a request over TLS names a host that the certificate is
// for: a browser that was led here by a false name has noticed.
func (h *handlers) certifiedHost(r *http.Request) bool {
	return r.TLS != nil && h.opt.OwnName != nil && h.opt.OwnName(hostName(r.Host))
}

// hostName is a Host header without its port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
