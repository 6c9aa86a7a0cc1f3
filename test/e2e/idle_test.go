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
	product.Eventually(t, "the manager ends", func() bool {
		return sut.Show(t, "kresd-manager.service", "ActiveState") == "inactive"
	})
	if out := sut.Must(t, "systemctl", "show", "-p", "Result,NRestarts,ExecMainStatus", "kresd-manager.service"); out != "Result=success\nNRestarts=0\nExecMainStatus=0\n" && !strings.Contains(out, "Result=success") {
		t.Errorf("the manager ended with %s", out)
	}
}

func TestIdleExit(t *testing.T) {
	sut.Fresh(t, idling)
	sut.Put(t, "/management/pprof", "true") // lives only in what runs
	before := sut.PIDs(t)
	gone(t)
	sut.Expect(t, "host.example.", "192.0.2.1")
	time.Sleep(time.Second) // Restart= would have started it again
	gone(t)

	// The first request starts it; that someone edits the file is none of its business.
	sut.WriteConfig(t, strings.Replace(idling, "192.0.2.1", "192.0.2.9", 1))
	sut.Must(t, "kresctl", "status")
	if s := sut.Status(t); s.State != "running" || !s.FileDiffers {
		t.Errorf("the state is %s, the file differs: %t", s.State, s.FileDiffers)
	}
	if a := sut.Call(t, "GET", "/v1/config/management/pprof", ""); a.Body != "true" {
		t.Errorf("what was changed over the API: %d %s", a.Code, a.Body)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}

	// Many at once, after it has gone again, are all answered.
	gone(t)
	out := sut.Must(t, "sh", "-c", `for i in $(seq 50); do curl -sS -o /dev/null -w '%{http_code}\n' --max-time 20 --unix-socket `+product.Socket+` http://localhost/v1/status & done; wait`)
	if n := strings.Count(out, "200\n"); n != 50 {
		t.Errorf("%d of 50 requests were answered: %s", n, out)
	}

	// To ask for the status does not start what was stopped as a whole.
	gone(t)
	sut.Must(t, "systemctl", "stop", "kresd.target")
	product.Eventually(t, "no worker runs", func() bool { return len(sut.PIDs(t)) == 0 })
	if s := sut.Status(t); s.State != "stopped" {
		t.Errorf("the state is %s", s.State)
	}
	if now := sut.PIDs(t); len(now) > 0 {
		t.Errorf("the request started %v", now)
	}
	// Nor does a restart, which reads the file for the next start.
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	if s := sut.Status(t); s.State != "stopped" || s.FileDiffers {
		t.Errorf("after a restart: %s, the file differs: %t", s.State, s.FileDiffers)
	}
	if now := sut.PIDs(t); len(now) > 0 {
		t.Errorf("the restart started %v", now)
	}
	sut.Must(t, "systemctl", "start", "kresd.target")
	product.Eventually(t, "the file is served", func() bool {
		got, err := sut.Query("udp", "host.example.", 5*time.Second)
		return err == nil && len(got) == 1 && got[0] == "192.0.2.9"
	})
}

func TestWhatKeepsTheManagerFromEndingIdle(t *testing.T) {
	active := func(what string) {
		t.Helper()
		if r := sut.Exec(t, "systemctl", "is-active", "kresd-manager.service"); r.Code != 0 {
			t.Errorf("the manager has ended although %s", what)
		}
	}
	sut.Fresh(t, idling)
	if r := sut.Exec(t, "curl", "-sN", "--max-time", "8", "--unix-socket", product.Socket, "http://localhost/v1/events"); r.Code != 28 {
		t.Errorf("the stream ended before its reader: %d %s", r.Code, r.Stderr)
	}
	active("someone has been listening to events")

	setUnconfirmed(t, "9s")
	time.Sleep(7 * time.Second)
	active("a change waits to be confirmed")
	product.Eventually(t, "the change is undone", func() bool {
		got, err := sut.Query("udp", "host.example.", 5*time.Second)
		return err == nil && len(got) == 1 && got[0] == "192.0.2.1"
	})
}
