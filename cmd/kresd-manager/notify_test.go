// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// notified is the socket of a systemd that has started this process.
func notified(t *testing.T) *net.UnixConn {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "socket")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); os.RemoveAll(dir) })
	t.Setenv("NOTIFY_SOCKET", path)
	return c
}

// A systemd that reads nothing holds up no one who tells it something.
func TestNotifyDoesNotWaitForEver(t *testing.T) {
	c := notified(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 { // more than there is room for
			notifyWithin(time.Millisecond, "STATUS="+strings.Repeat("x", 1000))
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it waits")
	}
	b := make([]byte, 2000)
	if n, err := c.Read(b); err != nil || n != 1007 {
		t.Errorf("read %d %v", n, err)
	}
	t.Setenv("NOTIFY_SOCKET", "")
	notify("READY=1")
	t.Setenv("NOTIFY_SOCKET", "/no/such/socket")
	notify("READY=1")
}

// The watchdog is for the process that systemd says, and for none that it starts
// (sd_watchdog_enabled(3)).
func TestTheWatchdogIsOurs(t *testing.T) {
	for pid, ours := range map[string]bool{strconv.Itoa(os.Getpid()): true, "": true, "1": false} {
		c := notified(t)
		t.Setenv("WATCHDOG_USEC", "60000000")
		if t.Setenv("WATCHDOG_PID", pid); pid == "" {
			os.Unsetenv("WATCHDOG_PID")
		}
		p, still := (&options{}).pulse(slog.New(slog.DiscardHandler))
		end := p.Task() // is told at once
		b := make([]byte, 2000)
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		var text string
		for !strings.Contains(text, "EXTEND_TIMEOUT_USEC=60000000") {
			n, err := c.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			text += string(b[:n]) + "\n"
		}
		end()
		still()
		if got := strings.Contains(text, "WATCHDOG=1"); got != ours {
			t.Errorf("for the process %q: %q", pid, text)
		}
		if os.Getenv("WATCHDOG_USEC") != "" {
			t.Error("what this process runs would have the watchdog, too")
		}
	}
}
