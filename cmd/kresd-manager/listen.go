// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"kresd-manager/internal/config"
)

// withConfigured returns the listeners that systemd passed and, if none of them
// is the configured API socket, one on that path.
func withConfigured(passed []net.Listener, doc *config.Document, host config.Host) ([]net.Listener, error) {
	var all []net.Listener
	for _, l := range passed {
		if l == nil {
			continue // not a stream socket
		}
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false) // it belongs to the socket unit
		}
		all = append(all, l)
	}
	c, err := doc.Config(host)
	if err != nil {
		return nil, err
	}
	path := c.Management.UnixSocket
	for _, l := range all {
		if l.Addr().String() == path {
			return all, nil
		}
	}
	// What a manager that was killed left behind; a living one holds the lock
	// of the run directory.
	switch st, err := os.Lstat(path); {
	case err == nil && st.Mode()&fs.ModeSocket == 0:
		return nil, fmt.Errorf("cannot listen on %s: there is a file that is no socket", path)
	case err == nil:
		err = os.Remove(path)
		fallthrough
	default:
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot listen on %s: %w", path, err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", path, err)
	}
	return append(all, l), nil
}
