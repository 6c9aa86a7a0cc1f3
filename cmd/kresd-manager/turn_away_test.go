// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/listen"
)

// passed are the listeners of a manager that systemd has passed one.
func passed(t *testing.T, path string) *listen.Set {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return listen.New([]net.Listener{l}, false)
}

// Who waits is told, and not why, which not everyone may know who reaches the
// socket.
func TestWhoWaitsForARefusedConfigurationIsToldToLook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	doors := passed(t, path)
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	refused := config.Problems{{Message: "secret"}}
	if err := turnAway(doors, refused); !errors.As(err, new(config.Problems)) {
		t.Errorf("the error is %v", err)
	}
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(got.Body)
	if got.StatusCode != 503 || !strings.Contains(string(body), "systemctl restart kresd-manager") || strings.Contains(string(body), "secret") {
		t.Errorf("%d %s", got.StatusCode, body)
	}
}

// What systemd tries again after has no one turned away: the next manager may serve.
func TestNoOneIsTurnedAwayWhereTheNextManagerMayServe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	doors := passed(t, path)
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, err := range []error{nil, errNeeded, errors.New("no space left on device")} {
		if got := turnAway(doors, err); got != err || !doors.Knocked() {
			t.Errorf("%v: %v, waits %t", err, got, doors.Knocked())
		}
	}
}
