// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/test/product"
)

func TestLogs(t *testing.T) {
	sut.Fresh(t, basic+"lua: {script: \"log('the script was here')\"}\n")
	product.Eventually(t, "the journal has the worker's words", func() bool {
		out := sut.Must(t, "setpriv", "--reuid=nobody", "--regid=nogroup", "--groups=knot-resolver", "kresctl", "logs", "-n", "1000", "kresd@1", "kresd-manager")
		return strings.Contains(out, " kresd@1 kresd: ") && strings.Contains(out, "the script was here") &&
			strings.Contains(out, " kresd-manager kresd-manager: ready") && !strings.Contains(out, " kresd@2 ")
	})
	// Who leaves takes the reader of the journal along.
	if r := sut.Exec(t, "curl", "-sN", "--max-time", "2", "--unix-socket", product.Socket, "http://localhost/v1/logs"); r.Code != 28 || !strings.Contains(r.Stdout, "event: log\ndata: {") {
		t.Errorf("%d %s", r.Code, r.Stdout)
	}
	product.Eventually(t, "no one reads the journal any more", func() bool { return sut.Exec(t, "pgrep", "-x", "journalctl").Code != 0 })
}

// Who follows goes on when the manager restarts or is killed, missing nothing and told
// nothing twice; is told when it is stopped, and does not start it again.
func TestWhoFollowsGoesOnAfterARestart(t *testing.T) {
	sut.Fresh(t, basic)
	const events, logs = "follow-events.service", "follow-logs.service"
	for unit, args := range map[string][]string{events: {"events", "-f"}, logs: {"logs", "-f", "-n", "1", "kresd-manager"}} {
		sut.Must(t, append([]string{"systemd-run", "--unit=" + unit, "kresctl"}, args...)...)
		t.Cleanup(func() { sut.Exec(t, "systemctl", "stop", unit); sut.Exec(t, "systemctl", "reset-failed", unit) })
	}
	said := func(unit string) string { return sut.Journal(t.Context(), unit) }
	changes := 0
	change := func() {
		t.Helper()
		changes++
		sut.Put(t, "/local-data/addresses/new.example", fmt.Sprintf(`"192.0.2.%d"`, changes))
	}
	for !strings.Contains(said(events), "applied in") || !strings.Contains(said(logs), " begins, by root") { // until both listen
		change()
	}
	const ready = " kresd-manager kresd-manager: ready"
	began := strings.Count(said(logs), ready) // the message of the past may be that one
	for n, how := range [][]string{
		{"systemctl", "restart", "kresd-manager.service"},
		{"systemctl", "kill", "--signal=KILL", "kresd-manager.service"},
	} {
		before := sut.Show(t, "kresd-manager.service", "InvocationID")
		told := strings.Count(said(events), "/new.example): applied in")
		sut.Must(t, how...)
		for _, unit := range []string{events, logs} {
			product.Eventually(t, unit+" goes on", func() bool { return strings.Count(said(unit), "kresctl: kresd-manager is back") == n+1 })
			if strings.Count(said(unit), "kresctl: kresd-manager restarts; this goes on when it is back") != n+1 {
				t.Errorf("%s does not say once that it waits:\n%s", unit, said(unit))
			}
		}
		change()
		product.Eventually(t, "the change is told", func() bool { return strings.Count(said(events), "/new.example): applied in") == told+1 })
		if now := sut.Show(t, "kresd-manager.service", "InvocationID"); now == before {
			t.Error("the manager is the same")
		}
	}
	// What each manager says at its start, once.
	product.Eventually(t, "the log is told whole", func() bool {
		return strings.Count(said(logs), ready) == began+2
	})

	sut.Must(t, "systemctl", "stop", "kresd-manager.service")
	for _, unit := range []string{events, logs} {
		product.Eventually(t, unit+" ends", func() bool { return sut.Show(t, unit, "ActiveState") == "failed" })
		if code := sut.Show(t, unit, "ExecMainStatus"); code != "4" || !strings.Contains(said(unit), "kresd-manager ends, and this stream with it") {
			t.Errorf("%s ends with %s: %s", unit, code, said(unit))
		}
	}
	if state := sut.Show(t, "kresd-manager.service", "ActiveState"); state != "inactive" {
		t.Errorf("who followed has started what was stopped: the manager is %s", state)
	}
}
