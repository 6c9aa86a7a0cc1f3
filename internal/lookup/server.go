// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"kresd-manager/internal/config"
)

// Server is the first address where a resolver answers over a protocol, seen from this
// machine. listen is /network/listen of its configuration in JSON, empty for the default.
func Server(listen []byte, protocol string) (netip.AddrPort, error) {
	text := "{}"
	if len(listen) > 0 {
		text = `{"network": {"listen": ` + string(listen) + `}}`
	}
	doc, err := config.ParseAs("/network/listen", []byte(text), "json")
	if err != nil {
		return netip.AddrPort{}, err
	}
	running, err := doc.Config(config.Host{CPUs: 1, Hostname: "localhost", BaseDir: "/"})
	if err != nil {
		return netip.AddrPort{}, err
	}
	return server(running.Network.Listen, protocol)
}

func server(listen []config.Listen, protocol string) (netip.AddrPort, error) {
	kind := map[string]string{"udp": "dns", "tcp": "dns", "tls": "dot", "https": "doh2"}[protocol]
	for _, l := range listen {
		if l.Kind != kind {
			continue
		}
		for _, i := range l.Interface {
			if at, ok := reach(i); ok {
				return at, nil
			}
		}
	}
	switch kind {
	case "dot":
		return netip.AddrPort{}, fmt.Errorf("the resolver does not answer DNS over TLS: /network/listen has no kind dot")
	case "doh2":
		return netip.AddrPort{}, fmt.Errorf("the resolver does not answer DNS over HTTPS: /network/listen has no kind doh2")
	}
	return netip.AddrPort{}, fmt.Errorf("the resolver does not answer plain DNS on an address of this machine; name one with --server")
}

// reach is the address of this machine by which an interface can be reached.
func reach(i config.Interface) (netip.AddrPort, bool) {
	if i.Addr.IsValid() {
		addr := i.Addr
		switch {
		case addr == netip.IPv4Unspecified():
			addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		case addr == netip.IPv6Unspecified():
			addr = netip.IPv6Loopback()
		}
		return netip.AddrPortFrom(addr, i.Port), true
	}
	nic, err := net.InterfaceByName(i.Name)
	if err != nil {
		return netip.AddrPort{}, false
	}
	addrs, err := nic.Addrs()
	if err != nil {
		return netip.AddrPort{}, false
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
			return netip.AddrPortFrom(p.Addr(), i.Port), true
		}
	}
	return netip.AddrPort{}, false
}

// usual are the ports of protocols.
var usual = map[string]uint16{"udp": 53, "tcp": 53, "tls": 853, "https": 443}

// ParseServer reads an address with a port after @ or, for IPv6 in brackets, after a
// colon; where there is none it is that of the protocol, as in [Question].
func ParseServer(s, protocol string) (netip.AddrPort, error) {
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at, nil
	}
	host, port, named := strings.Cut(s, "@")
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is not an IP address, with or without a port", s)
	}
	if !named {
		return netip.AddrPortFrom(addr, usual[protocol]), nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return netip.AddrPort{}, fmt.Errorf("%q is not a port", port)
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
}
