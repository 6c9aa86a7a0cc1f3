// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
)

const idling = basic + "management: {unix-socket: " + product.Socket + ", idle-exit: 5s}\n"

// gone waits until the manager has ended.
func gone(t *testing.T) {
	t.Helper()
	eventually(t, "the manager ends", func() bool {
		return must(t, "systemctl", "show", "-p", "ActiveState", "--value", "kresd-manager.service") == "inactive\n"
	})
	if out := must(t, "systemctl", "show", "-p", "Result,NRestarts,ExecMainStatus", "kresd-manager.service"); out != "Result=success\nNRestarts=0\nExecMainStatus=0\n" && !strings.Contains(out, "Result=success") {
		t.Errorf("the manager ended with %s", out)
	}
}

func TestIdleExit(t *testing.T) {
	fresh(t, idling)
	put(t, "/management/pprof", "true") // lives only in what runs
	before := pids(t)
	gone(t)
	expect(t, "host.example.", "192.0.2.1")
	time.Sleep(time.Second) // Restart= would have started it again
	gone(t)

	// The first request starts it; that somebody edits the file is none of its business.
	writeConfig(t, strings.Replace(idling, "192.0.2.1", "192.0.2.9", 1))
	must(t, "kresctl", "status")
	if s := status(t); s.State != "running" || !s.FileDiffers {
		t.Errorf("the state is %s, the file differs: %t", s.State, s.FileDiffers)
	}
	if a := call(t, "GET", "/v1/config/management/pprof", ""); a.body != "true" {
		t.Errorf("what was changed over the API: %d %s", a.code, a.body)
	}
	expect(t, "host.example.", "192.0.2.1")
	if after := pids(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}

	// Many at once, after it has gone again, are all answered.
	gone(t)
	out := must(t, "sh", "-c", `for i in $(seq 50); do curl -sS -o /dev/null -w '%{http_code}\n' --max-time 20 --unix-socket `+product.Socket+` http://localhost/v1/status & done; wait`)
	if n := strings.Count(out, "200\n"); n != 50 {
		t.Errorf("%d of 50 requests were answered: %s", n, out)
	}

	// To ask for the status does not start what was stopped as a whole.
	gone(t)
	must(t, "systemctl", "stop", "kresd.target")
	eventually(t, "no worker runs", func() bool { return len(pids(t)) == 0 })
	if s := status(t); s.State != "stopped" {
		t.Errorf("the state is %s", s.State)
	}
	if now := pids(t); len(now) > 0 {
		t.Errorf("the request started %v", now)
	}
	// A start that somebody asks for does, and reads the file.
	must(t, "systemctl", "restart", "kresd-manager.service")
	expect(t, "host.example.", "192.0.2.9")
}

func TestWhatKeepsTheManagerFromEndingIdle(t *testing.T) {
	active := func(what string) {
		t.Helper()
		if r := run(t, "systemctl", "is-active", "kresd-manager.service"); r.Code != 0 {
			t.Errorf("the manager has ended although %s", what)
		}
	}
	fresh(t, idling)
	if r := run(t, "curl", "-sN", "--max-time", "8", "--unix-socket", product.Socket, "http://localhost/v1/events"); r.Code != 28 {
		t.Errorf("the stream ended before its reader: %d %s", r.Code, r.Stderr)
	}
	active("somebody has been listening to events")

	setUnconfirmed(t, "9s")
	time.Sleep(7 * time.Second)
	active("a change waits to be confirmed")
	eventually(t, "the change is undone", func() bool {
		got, err := query("udp", "host.example.")
		return err == nil && len(got) == 1 && got[0] == "192.0.2.1"
	})
}
