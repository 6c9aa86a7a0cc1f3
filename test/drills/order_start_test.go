// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// Everything is stopped, restarted or reloaded some hundredths of a second after a
// start of the manager, that has to start all of it.
func TestNoJobWaitsForEverAfterAStart(t *testing.T) {
	sut.Fresh(t, three)
	sut.Must(t, "systemctl", "stop", units.Socket, units.Target, units.Manager)
	for i := range 20 {
		sut.Exec(t, "systemctl", "reset-failed", units.Manager)
		delay := time.Duration(i) * 30 * time.Millisecond
		w := words[3] // everything is stopped
		if i%2 == 1 {
			w = words[i/2%len(words)]
		}
		since := mark(t)
		sut.Must(t, "systemctl", "--no-block", "start", units.Manager)
		time.Sleep(delay)
		began := time.Now()
		sut.Exec(t, append([]string{"systemctl", "--no-block"}, w.args...)...) // a reload of what does not run is refused
		noJobs(t)
		t.Logf("%s %s after a start: systemd was done after %s", w.name, delay, time.Since(began).Round(time.Millisecond))
		endedByItself(t, since)
		if !w.away {
			product.Eventually(t, "all runs", func() bool { return sut.Status(t).State == "running" })
		}
		sut.Must(t, "systemctl", "stop", units.Socket, units.Target, units.Manager)
	}
}

// The socket is stopped while its directory is made, and a child of the program that
// makes it does not end at once.
func TestTheStopOfTheSocketWaitsForNoChild(t *testing.T) {
	sut.Fresh(t, product.Three)
	sut.Must(t, "systemctl", "stop", units.Manager, units.Socket)
	const dir = "/run/systemd/system/kresd-manager.socket.d"
	t.Cleanup(func() { sut.Exec(t, "sh", "-c", "rm -r "+dir+"; systemctl daemon-reload") })
	sut.Must(t, "sh", "-ec", "mkdir "+dir+`; cat >`+dir+`/slow.conf <<'END'
[Socket]
ExecStartPre=
ExecStartPre=/bin/sh -c '(trap "" TERM; exec sleep 10) & wait'
END
systemctl daemon-reload; systemctl --no-block start kresd-manager.socket`)
	product.Eventually(t, "the directory is being made", func() bool { return sut.Show(t, units.Socket, "SubState") == "start-pre" })
	if r := sut.Exec(t, "timeout", "45", "systemctl", "stop", units.Socket); r.Code != 0 { // the timeout is 90 s
		t.Errorf("the stop waits for the timeout: exit %d %s", r.Code, r.Stderr)
	}
}

// All is stopped when a change has begun and the job of its step is not queued yet:
// polkit, which is asked before, holds it back. The start that comes then waits for the
// stop of a worker, that for the target, and that must not wait for the manager.
func TestStopOfAllBeforeTheJobOfAStepIsQueued(t *testing.T) {
	for _, c := range []struct{ name, pointer, value string }{
		{"collector", "/cache/garbage-collector/interval", `"3s"`},
		{"load", "/local-data/addresses/stopped.example", `"192.0.2.77"`},
		{"try", "/nsid", `"stopped"`},
		{"start", "/workers", "4"},
		{"component", "/components/extra", `{"command": ["/bin/sleep", "infinity"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Fresh(t, three)
			since := mark(t)
			resume, answered := heldBack(t, c.pointer, c.value)
			sut.Must(t, "systemctl", "--no-block", "stop", units.Target, units.Manager, units.Socket)
			product.Eventually(t, "the manager is asked to end", func() bool {
				return sut.Show(t, units.Manager, "ActiveState") == "deactivating"
			})
			resume()
			noJobs(t)
			endedByItself(t, since)
			<-answered
			if got := sut.Show(t, units.Manager, "ActiveState"); got != "inactive" {
				t.Errorf("the manager is %s", got)
			}
		})
	}
}
