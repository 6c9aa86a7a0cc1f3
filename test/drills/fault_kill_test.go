// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/message"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// afterSteps has a shell command run as soon as the manager has logged the end
// of so many steps. The channel is closed when that has ended.
func afterSteps(t *testing.T, steps int, command string) <-chan struct{} {
	t.Helper()
	cursor := sut.Must(t, "journalctl", "-n0", "--show-cursor", "-o", "cat")
	_, cursor, _ = strings.Cut(strings.TrimSpace(cursor), ": ")
	script := fmt.Sprintf(`
		journalctl -f -o cat --after-cursor='%s' _SYSTEMD_UNIT=kresd-manager.service MESSAGE_ID=%s | while read -r line; do
			n=$((n + 1))
			if [ $n = %d ]; then %s; exit; fi
		done`, cursor, message.StepDone, steps, command)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		sut.Run(t.Context(), machine.Cmd{Args: []string{"timeout", "30", "sh", "-c", script}})
	}()
	return ended
}

// ready waits for another manager than the one with this process.
func ready(t *testing.T, old string) {
	t.Helper()
	product.Eventually(t, "another manager is ready", func() bool {
		pid := sut.Show(t, "kresd-manager.service", "MainPID")
		return pid != old && pid != "0" && sut.Show(t, "kresd-manager.service", "ActiveState") == "active"
	})
}

// TestManagerKilledAfterEachStep makes a change that takes nearly every kind of
// step, and takes it back, and kills the manager after each of the steps.
func TestManagerKilledAfterEachStep(t *testing.T) {
	there, back := document(3, "one", "192.0.2.11", "1s"), document(4, "two", "192.0.2.12", "2s")
	sut.Fresh(t, there)
	old := observe(t)
	next := apply(t, back)
	apply(t, there)
	serving(t)
	change := func(step int, doc string, from, to state) {
		t.Helper()
		killDuring(t, step, doc, from, to, func() {})
	}
	// Try, load, start 4, restart 1, 2 and 3, and the collector after the first
	// of them; the other way, instead of the start a stop at the end. What runs
	// afterwards is each time what was asked for.
	for _, steps := range [][2]int{{1, 3}, {2, 5}, {4, 7}} {
		change(steps[0], back, old, next)
		change(steps[1], there, next, old)
	}
}

// TestManagerKilledWhileAWorkerIsNotTold changes rules while one worker does
// not listen: the others have been told when the manager dies.
func TestManagerKilledWhileAWorkerIsNotTold(t *testing.T) {
	there, back := document(3, "one", "192.0.2.11", "1s"), document(3, "one", "192.0.2.12", "1s")
	sut.Fresh(t, there)
	old := observe(t)
	next := apply(t, back)
	serving(t)
	doc, from, to := there, next, old
	for _, unit := range old.workers() {
		sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=STOP", unit)
		killDuring(t, 3, doc, from, to, func() { // load and two resets
			sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=CONT", unit)
		})
		from, to = to, from
		if doc = back; to.ETag == old.ETag {
			doc = there
		}
	}
}

// killDuring changes the configuration, kills the manager after so many steps,
// and checks that the next one finishes the change or takes it back, and that
// the change can be made then.
func killDuring(t *testing.T, step int, doc string, from, to state, afterwards func()) {
	t.Helper()
	began := time.Now()
	sut.Must(t, "systemctl", "reset-failed", "kresd-manager.service") // its start limit is not what is tried
	pid := sut.Show(t, "kresd-manager.service", "MainPID")
	killed := afterSteps(t, step, "kill -KILL "+pid)
	answer, err := sut.Request(t.Context(), "PUT", "/v1/config", doc)
	<-killed
	afterwards()
	ready(t, pid)
	outcome := "reverted"
	if got := oneOf(t, from, to); got.ETag == to.ETag {
		outcome = "finished"
	}
	if err == nil && outcome == "reverted" {
		t.Errorf("the answer was %d %s, and the change is gone", answer.Code, answer.Body)
	}
	if got := apply(t, doc); !cmp.Equal(got, to) {
		t.Errorf("the change leads to something else afterwards (-):\n%s", cmp.Diff(to, got))
	}
	t.Logf("killed after step %d (answer %d, %v): %s; %s", step, answer.Code, err, outcome, time.Since(began).Round(time.Millisecond))
}
