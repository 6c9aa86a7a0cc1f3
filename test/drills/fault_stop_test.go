// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// TestAStopRightAfterAStartEndsByItself stops everything a moment after it was
// started, at twenty moments. The manager ends before systemd loses patience, and
// nothing goes on to start what was stopped.
func TestAStopRightAfterAStartEndsByItself(t *testing.T) {
	sut.Fresh(t, document(3, "one", "192.0.2.11", "1s"))
	since := mark(t)
	for round := range 20 {
		pause := 10 * time.Millisecond * time.Duration(1+round)
		sut.Must(t, "systemctl", "stop", units.Socket, units.Target, manager)
		if round%2 == 1 { // nothing to adopt
			sut.Must(t, "rm", "-f", "/run/kresd-manager/running.json")
		}
		sut.Must(t, "systemctl", "start", "--no-block", manager)
		time.Sleep(pause)
		began := time.Now()
		sut.Must(t, "systemctl", "stop", units.Socket, units.Target, manager)
		t.Logf("stopped %s after the start: took %s", pause, time.Since(began).Round(time.Millisecond))
		sut.Must(t, "systemctl", "reset-failed")
		if state := sut.Show(t, manager, "ActiveState"); state != "inactive" {
			t.Errorf("%s after the start: the manager is %s", pause, state)
		}
		// To stop the target queues the stops of workers, and waits for none.
		product.Eventually(t, pause.String()+" after the start all workers are stopped", func() bool { return stopped(t) })
	}
	endedByItself(t, since)
	sut.Must(t, "systemctl", "start", manager)
	product.Eventually(t, "all runs", func() bool { return sut.Status(t).State == "running" })
}

// TestAStopBeforeTheFirstJobOfAStartIsTheLastWord stops kresd.target while polkit is asked
// about the first job of a start: nothing runs that could be stopped, and what is queued then
// brings in the target again. The manager sees that, has it stop, and is there for the next start.
func TestAStopBeforeTheFirstJobOfAStartIsTheLastWord(t *testing.T) {
	sut.Fresh(t, document(3, "one", "192.0.2.11", "1s"))
	for _, all := range []bool{false, true} {
		sut.Must(t, "systemctl", "stop", units.Socket, units.Target, manager)
		sut.Must(t, "rm", "-f", "/run/kresd-manager/running.json")
		resume := holdPolkit(t)
		sut.Must(t, "systemctl", "start", "--no-block", manager)
		asked(t)
		sut.Must(t, "systemctl", "stop", units.Target)
		if all {
			sut.Must(t, "systemctl", "stop", "--no-block", units.Socket, manager)
		}
		resume()
		want := "active"
		if all {
			want = "inactive"
		}
		product.Eventually(t, "the manager is "+want, func() bool { return sut.Show(t, manager, "ActiveState") == want })
		noJobs(t)
		if !stopped(t) {
			t.Errorf("workers run; the manager was stopped, too: %t", all)
		}
		if all {
			continue
		}
		if got := sut.Status(t).State; got != "stopped" {
			t.Errorf("the state is %s", got)
		}
		sut.Must(t, "systemctl", "start", units.Worker(1))
		product.Eventually(t, "all runs", func() bool { return sut.Status(t).State == "running" })
	}
}

// stopped reports whether all three workers are.
func stopped(t *testing.T) bool {
	t.Helper()
	states := sut.Must(t, "systemctl", "show", "-p", "ActiveState", "--value", "kresd@1.service", "kresd@2.service", "kresd@3.service")
	return strings.Join(strings.Fields(states), " ") == "inactive inactive inactive"
}
