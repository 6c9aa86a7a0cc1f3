// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// sample is a configuration that needs no other server, so that it works in a machine
// without a network.
const sample = `workers: 2
network:
  listen:
    - interface: 127.0.0.1
    - interface: 127.0.0.1
      kind: dot
dnssec:
  enable: false
local-data:
  addresses:
    printer.home: 192.0.2.7
`

// logTo prints what the harness says, except for the versions of all packages: the demo shows
// the few that matter.
func logTo(out *printer) machine.Logf {
	var one sync.Mutex
	return func(format string, args ...any) {
		one.Lock()
		defer one.Unlock()
		if line := fmt.Sprintf(format, args...); !strings.HasPrefix(line, "root tree:") {
			out.progress(line)
		}
	}
}

// setUp boots a machine with the product installed, by way of a folder in dir, and
// nothing of it started.
func setUp(ctx context.Context, out *printer, dir string, keep bool) (*machine.Machine, error) {
	log := logTo(out)
	root, err := machine.Root(ctx, log)
	if err != nil {
		return nil, err
	}
	versions, err := machine.Versions(root)
	if err != nil {
		return nil, err
	}
	out.progress(fmt.Sprintf("a Debian with systemd %s and knot-resolver6 %s; building kresd-manager for it, make install, boot",
		versions["systemd"], versions["knot-resolver6"]))
	// Gone at the end of the demo: a kept machine has a copy of its own.
	layer, err := product.Install(ctx, dir)
	if err != nil {
		return nil, err
	}
	opts := product.Options(layer, sample)
	opts.Name, opts.Keep, opts.Log = "demo", keep, log
	return machine.Boot(ctx, opts)
}

// hostSocket is the path of the API socket as the host sees it.
func hostSocket(m *machine.Machine) string {
	return fmt.Sprintf("/proc/%d/root%s", m.PID(), product.Socket)
}

// reachable checks that the API answers at the path that people are told.
func reachable(ctx context.Context, m *machine.Machine) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", hostSocket(m))
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/v1/status", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("cannot reach the API from outside: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("cannot use the API from outside: %s", resp.Status)
	}
	return nil
}
