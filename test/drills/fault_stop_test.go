// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
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
		for n := range 3 {
			unit := fmt.Sprintf("kresd@%d.service", n+1)
			// To stop the target queues their stops, and waits for none.
			product.Eventually(t, fmt.Sprintf("%s after the start %s is stopped", pause, unit), func() bool { return sut.Show(t, unit, "ActiveState") == "inactive" })
		}
	}
	endedByItself(t, since)
	sut.Must(t, "systemctl", "start", manager)
	product.Eventually(t, "all runs", func() bool { return sut.Status(t).State == "running" })
}
