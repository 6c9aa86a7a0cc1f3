// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"sync"
	"testing"
	"time"

	"kresd-manager/test/load"
	"kresd-manager/test/product"
)

// workers returns the main processes of the running workers, by unit.
func workers(t *testing.T) map[string]int {
	t.Helper()
	found := sut.PIDs(t)
	delete(found, "kres-gc.service")
	return found
}

// An administrator restarts workers past the manager: one by one, all at the
// same moment, all by a pattern.
func TestRestartsByHandLoseNoQuery(t *testing.T) {
	for _, c := range []struct {
		workers  string
		commands [][]string
	}{
		{"4", [][]string{
			{"systemctl", "restart", "kresd@3.service"},
			{"systemctl", "restart", "kresd@*.service"},
		}},
		{"2", [][]string{
			{"systemctl", "restart", "kresd@2.service", "kresd@1.service"},
		}},
	} {
		t.Run(c.workers+" workers", func(t *testing.T) {
			freshRoll(t, with(c.workers, everywhere))
			before := workers(t)
			lossless(t, under(t, func() {
				for _, command := range c.commands {
					sut.Must(t, command...)
				}
			}, at(load.UDP, "127.0.0.1:53", 5000), at(load.UDP, "[::1]:5353", 1000))...)
			after := workers(t)
			for unit, pid := range before {
				if after[unit] == 0 || after[unit] == pid {
					t.Errorf("%s was not restarted: process %d, then %d", unit, pid, after[unit])
				}
			}
		})
	}
}

// A stop is no restart: the last worker has no one to wait for. And where the
// policy-loader is restarted, too, no one comes back before all have stopped.
func TestToStopEverythingTakesNoPatience(t *testing.T) {
	for _, c := range []struct {
		command string
		left    int
	}{
		{"systemctl restart kresd.target", 2},
		{"systemctl stop kresd.target", 0},
		{"systemctl stop kresd-manager.service kresd-manager.socket 'kresd@*.service'", 0}, // the manager would start them again
		{"kresctl stop", 0},
	} {
		freshRoll(t, with("2", everywhere))
		before := workers(t)
		began := time.Now()
		sut.Must(t, "sh", "-c", c.command)
		product.Eventually(t, "all workers are gone", func() bool {
			now := workers(t)
			return len(now) == c.left && now["kresd@1.service"] != before["kresd@1.service"] && now["kresd@2.service"] != before["kresd@2.service"]
		})
		// What a worker waits for another one is 7 s.
		t.Logf("%s: %v", c.command, time.Since(began).Round(time.Millisecond))
	}
}

// Someone stops a worker in the middle of a change.
func TestAForeignStopInTheMiddleOfARollLosesNoQuery(t *testing.T) {
	freshRoll(t, everywhere)
	lossless(t, under(t, func() {
		var stop sync.WaitGroup
		before := workers(t)["kresd@1.service"]
		stop.Go(func() {
			product.Eventually(t, "the roll has begun", func() bool { return workers(t)["kresd@1.service"] != before })
			sut.Exec(t, "systemctl", "stop", "kresd@3.service")
		})
		// The change may succeed or be refused; either way no one loses anything.
		r := sut.Exec(t, "kresctl", "config", "set", "-p", "/nsid", `"changed"`)
		t.Logf("exit code %d: %s%s", r.Code, r.Stdout, r.Stderr)
		stop.Wait()
	}, at(load.UDP, "127.0.0.1:53", 5000))...)
	sut.Put(t, "/nsid", `"again"`)
	if n := len(workers(t)); n != 4 {
		t.Errorf("%d workers run after the next change", n)
	}
}
