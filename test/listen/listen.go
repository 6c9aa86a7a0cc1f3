// SPDX-License-Identifier: Apache-2.0

// Package listen opens unix sockets for tests, and has the server of the API serve there.
package listen

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"kresd-manager/api/door"
)

// Unix opens a socket in a new directory, which is removed with the test. The one of
// testing may be too deep for a socket.
func Unix(tb testing.TB) net.Listener {
	tb.Helper()
	dir, err := os.MkdirTemp("", "socket")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// Serve has a handler serve on such a socket until the test ends, and returns its path.
func Serve(tb testing.TB, h http.Handler) (path string) {
	tb.Helper()
	l := Unix(tb)
	s := door.NewServer(h, door.Options{})
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	tb.Cleanup(func() {
		_ = s.Close()
		if err := <-ended; err != nil {
			tb.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}
