// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"strconv"
)

// Interface is one address, or all addresses of a network interface, with a
// port.
type Interface struct {
	Addr netip.Addr // invalid if Name is set
	Name string     // network interface; empty if Addr is valid
	Port uint16     // resolved, never 0
}

// String is the interface as the configuration writes it: addr@port.
func (i Interface) String() string {
	host := i.Name
	if i.Addr.IsValid() {
		host = i.Addr.String()
	}
	return host + "@" + strconv.Itoa(int(i.Port))
}

// AddrPort is the address of a server.
type AddrPort struct {
	Addr netip.Addr
	Port uint16 // 0 is the default of the protocol: 53, with TLS 853
}

// String is the address as the configuration writes it: addr or addr@port.
func (a AddrPort) String() string {
	if a.Port == 0 {
		return a.Addr.String()
	}
	return a.Addr.String() + "@" + strconv.Itoa(int(a.Port))
}
