// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// still is how long a job may wait while nothing else goes on: the five seconds that
// are promised, and as much again for a machine that has other things to do.
const still = 10 * time.Second

// jobs returns what systemd has to do, one job a line: number, unit, type, state.
func jobs(t *testing.T) string {
	t.Helper()
	pending, err := sut.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, j := range pending {
		all = append(all, fmt.Sprint(j.ID, " ", j.Unit, " ", j.Type, " ", j.State))
	}
	return strings.Join(all, "\n")
}

// noJobs waits until systemd has nothing to do any more. A job that waits while none
// begins or ends has been forgotten, or waits for itself.
func noJobs(t *testing.T) {
	t.Helper()
	last, since := "", time.Now()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		now := jobs(t)
		if now == "" {
			return
		}
		if now != last {
			last, since = now, time.Now()
		}
		if strings.Contains(now, " waiting") && time.Since(since) > still {
			break
		}
	}
	t.Fatalf("jobs are left, since %s:\n%s\n%s", time.Since(since).Round(time.Second), last, sut.Journal(t.Context(), "kresd-manager.service"))
}

// mark returns a place in the journal.
func mark(t *testing.T) string {
	t.Helper()
	_, cursor, _ := strings.Cut(strings.TrimSpace(sut.Must(t, "journalctl", "-n0", "--show-cursor", "-o", "cat")), ": ")
	return cursor
}

// endedByItself fails the test if systemd had to kill the manager since a place in
// the journal.
func endedByItself(t *testing.T, since string) {
	t.Helper()
	said := sut.Must(t, "journalctl", "-o", "cat", "--after-cursor="+since, "_PID=1", "UNIT=kresd-manager.service")
	for _, word := range []string{"timed out", "Killing process"} {
		if strings.Contains(said, word) {
			t.Errorf("the manager did not end by itself:\n%s\n%s", said, sut.Must(t, "journalctl", "-o", "short-precise", "--after-cursor="+since))
			return
		}
	}
}
