// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"fmt"
	"net/netip"

	"kresd-manager/internal/config"
)

// listensOn is an address as its listener names it.
func listensOn(at config.AddrPort) string {
	return netip.AddrPortFrom(at.Addr.Unmap(), at.Port).String()
}

// dropIn tells an administrator how systemd is made to pass a listener.
func dropIn(at config.AddrPort) string {
	const dir = "/etc/systemd/system/kresd-manager.socket.d"
	lines := "echo [Socket]; echo ListenStream=" + listensOn(at)
	if !at.Addr.IsLoopback() {
		lines += "; echo FreeBind=yes" // sockets are opened before the network is up
	}
	// Without quotes and backslashes, which the log would escape.
	return fmt.Sprintf("mkdir -p %s && (%s) >%s/interface.conf && systemctl daemon-reload && "+
		"systemctl restart kresd-manager.socket kresd-manager.service", dir, lines, dir)
}
