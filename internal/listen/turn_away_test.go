// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestWhoWaitsForAManagerThatCannotStartIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := New([]net.Listener{listen(t, "unix", path)}, false)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			c := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", path)
			}}}
			defer c.CloseIdleConnections()
			got, err := c.Get("http://localhost/v1/status")
			if err != nil {
				t.Error(err)
				return
			}
			defer got.Body.Close()
			body, _ := io.ReadAll(got.Body)
			if got.StatusCode != 503 || !strings.Contains(string(body), "systemctl restart kresd-manager") {
				t.Errorf("%d %s", got.StatusCode, body)
			}
		})
	}
	for !s.Knocked() {
	}
	// One that says nothing does not hold up the end.
	silent, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s.TurnAway()
	all.Wait()
	if s.Knocked() {
		t.Error("someone is left, for whom systemd starts the next manager")
	}
}
