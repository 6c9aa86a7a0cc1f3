// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
)

// Clients that send next to nothing hold others up for a moment only, and those
// over TCP never hold up the unix socket.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	s := serveController(t, inmemory.New(t, running), api.Options{}, door.Options{MaxConnections: 20, HeaderTimeout: 300 * time.Millisecond})
	var slow []net.Conn
	for i := range 20 {
		conn, err := net.Dial("unix", s.socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if i%2 == 0 {
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: local")
		}
		slow = append(slow, conn)
	}
	if got := s.ask(t, "GET", "/v1/config/workers", ""); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	for _, conn := range slow {
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("a connection that nothing came over is open: %v", err)
		}
	}
}

func TestAThousandClients(t *testing.T) {
	s := serveController(t, inmemory.New(t, running), api.Options{}, door.Options{HeaderTimeout: time.Minute})
	// Each has a connection: one that no one uses for a second is closed while others wait,
	// and on a busy host that is when the next client writes.
	s.http.Transport.(*http.Transport).DisableKeepAlives = true
	var served atomic.Int32
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			method, path, body := "GET", "/v1/status", ""
			if i%50 == 0 {
				method, path, body = "PUT", "/v1/config/workers", fmt.Sprint(1+i%7)
			}
			if got := s.ask(t, method, path, body); got.StatusCode == 200 {
				served.Add(1)
			}
		})
	}
	all.Wait()
	if n := served.Load(); n != 1000 {
		t.Errorf("%d of 1000 were answered", n)
	}
}
