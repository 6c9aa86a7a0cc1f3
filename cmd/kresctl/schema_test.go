// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/visible"
)

// TestLiveSchema: what the manager says is printed, and a manager that does not
// say is explained.
func TestLiveSchema(t *testing.T) {
	dir, err := os.MkdirTemp("", "ctl") // t.TempDir may be too deep for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	status := http.StatusOK
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/schema" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"live":true}`))
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })

	for _, tt := range []struct {
		status         int
		code           int
		stdout, stderr string
	}{
		{http.StatusOK, 0, `{"live":true}`, ""},
		{http.StatusNotFound, exitFailed, "", "does not provide its schema; without --live that of this kresctl is printed"},
		{http.StatusForbidden, exitDenied, "", "does not provide its schema: 403 forbidden"},
	} {
		status = tt.status
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), []string{"-s", socket, "schema", "-l"}, nil, visible.NewWriter(&stdout), visible.NewWriter(&stderr))
		if code != tt.code || stdout.String() != tt.stdout || !strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("%d: %d, %q, %q", tt.status, code, stdout.String(), stderr.String())
		}
	}
}
