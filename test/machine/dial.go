// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"net"
	"net/http"

	"golang.org/x/sys/unix"
)

// InNetNS runs f on a thread that has joined the machine's network namespace: sockets
// that f makes on its own goroutine are sockets of the machine, and stay so wherever
// they are used later. Goroutines that f starts are outside.
func (m *Machine) InNetNS(f func() error) error { return m.enter(unix.CLONE_NEWNET, f) }

// Dial connects to an address inside: of the machine's network, or for "unix" networks a
// path in its file system. Name resolution is not available.
func (m *Machine) Dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	err = m.enter(unix.CLONE_NEWNET|unix.CLONE_NEWNS, func() error {
		conn, err = new(net.Dialer).DialContext(ctx, network, addr)
		return err
	})
	return conn, err
}

// HTTPClient returns a client that sends every request to the unix socket at a path
// inside, whatever the URL's host is. It has no timeout of its own. Release its idle
// connections with CloseIdleConnections.
func (m *Machine) HTTPClient(socketPath string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return m.Dial(ctx, "unix", socketPath)
		},
	}}
}
