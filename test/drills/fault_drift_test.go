// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// TestDriftIsRepaired does to units what an administrator or a fault does, and
// waits for the manager to bring back what is wanted.
func TestDriftIsRepaired(t *testing.T) {
	sut.Fresh(t, document(3, "one", "192.0.2.11", "1s"))
	serving(t)
	whole := observe(t)
	for _, c := range []struct {
		name    string
		command []string
	}{
		{"a worker is stopped", []string{"systemctl", "stop", "kresd@2.service"}},
		{"a worker is killed", []string{"systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd@2.service"}},
		{"two workers are stopped", []string{"systemctl", "stop", "kresd@1.service", "kresd@3.service"}},
		{"the collector is stopped", []string{"systemctl", "stop", units.CacheGC}},
		{"the bus is restarted and a worker is stopped meanwhile", []string{"sh", "-c",
			"systemctl stop dbus.socket dbus.service; systemctl stop kresd@2.service; sleep 1; systemctl start dbus.socket"}},
		{"systemd executes itself anew and a worker is stopped meanwhile", []string{"sh", "-c",
			"systemctl daemon-reexec; systemctl stop kresd@2.service"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Must(t, c.command...)
			began := time.Now()
			oneOf(t, whole, whole)
			t.Logf("repaired %s after", time.Since(began).Round(time.Millisecond))
		})
	}
	told := sut.Must(t, "journalctl", "-u", "kresd-manager.service", "-o", "cat", "--invocation=0", "--grep=^repairing")
	t.Log(told)
	for _, unit := range []string{"kresd@1.service", "kresd@2.service", "kresd@3.service", units.CacheGC} {
		if !strings.Contains(told, "repairing "+unit+": ") {
			t.Errorf("no one says that %s was repaired", unit)
		}
	}
	if r := sut.Status(t).LastRepair; r == nil || r.Error != "" {
		t.Errorf("the last repair is %+v", r)
	}
}

// unitStatus returns what status says about a unit.
func unitStatus(t *testing.T, unit string) units.UnitStatus {
	t.Helper()
	for _, u := range sut.Status(t).Units {
		if u.Unit == unit {
			return u
		}
	}
	t.Errorf("status says nothing about %s", unit)
	return units.UnitStatus{}
}

// TestRepairsBackOff stops a worker each time it is back: the manager repairs
// that, says so, and takes more time each time.
func TestRepairsBackOff(t *testing.T) {
	sut.Fresh(t, document(3, "one", "192.0.2.11", "1s"))
	serving(t)
	whole := observe(t)
	sut.Must(t, "systemctl", "stop", "kresd@2.service")
	oneOf(t, whole, whole)
	for attempt := 2; attempt <= 3; attempt++ {
		pause := time.Duration(1<<(attempt-2)) * time.Second
		since := repairedAt(t, attempt-1)
		sut.Must(t, "systemctl", "stop", "kresd@2.service")
		oneOf(t, whole, whole)
		// The journal's clock is not exact: half the pause is more than the one before.
		if took := repairedAt(t, attempt).Sub(since); took < pause/2 {
			t.Errorf("repair %d comes %s after the one before, want at least %s", attempt, took, pause)
		}
	}
}

// repairedAt returns when the manager has announced a repair of worker 2.
func repairedAt(t *testing.T, attempt int) time.Time {
	t.Helper()
	out := sut.Must(t, "journalctl", "-u", "kresd-manager.service", "-o", "short-unix", "--invocation=0")
	for line := range strings.Lines(out) {
		if strings.Contains(line, "repairing kresd@2.service:") && strings.HasSuffix(strings.TrimSpace(line), fmt.Sprintf("attempt=%d", attempt)) {
			stamp, _, _ := strings.Cut(line, " ")
			seconds, err := strconv.ParseFloat(stamp, 64)
			if err != nil {
				t.Fatal(err)
			}
			return time.UnixMicro(int64(seconds * 1e6))
		}
	}
	t.Fatalf("repair %d is not in the journal:\n%s", attempt, out)
	return time.Time{}
}

// TestWhatTheAdministratorMeansStays leaves alone what is masked and what was
// stopped as a whole, and comes back when that has an end.
func TestWhatTheAdministratorMeansStays(t *testing.T) {
	sut.Fresh(t, document(3, "one", "192.0.2.11", "1s"))
	whole := observe(t)
	sut.Must(t, "systemctl", "mask", "--runtime", "--now", "kresd@2.service")
	product.Eventually(t, "status says that it is degraded", func() bool { return sut.Status(t).State == "degraded" })
	stays(t, map[string]bool{"kresd@1.service": true, "kresd@3.service": true, units.CacheGC: true})
	if u := unitStatus(t, "kresd@2.service"); !u.Masked || u.Current {
		t.Errorf("status does not say that it is masked: %+v", u)
	}
	sut.Must(t, "systemctl", "unmask", "--runtime", "kresd@2.service")
	oneOf(t, whole, whole)

	sut.Must(t, "systemctl", "stop", units.Target)
	product.Eventually(t, "status says that it is stopped", func() bool { return sut.Status(t).State == "stopped" })
	product.Eventually(t, "nothing runs", func() bool { return len(sut.PIDs(t)) == 0 }) // draining takes its time
	stays(t, map[string]bool{})
	sut.Must(t, "systemctl", "start", "kresd@1.service") // which wants the target
	oneOf(t, whole, whole)
}

// stays fails the test if other units than these run within a second.
func stays(t *testing.T, want map[string]bool) {
	t.Helper()
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		running := map[string]bool{}
		for unit := range sut.PIDs(t) {
			running[unit] = true
		}
		if !maps.Equal(running, want) {
			t.Fatalf("what runs is %v, want %v", running, want)
		}
	}
}

// TestDropIns has an administrator edit the unit of one worker: to something
// harmless, which no one restarts a worker for, and to something that does not
// start, which the next change meets.
func TestDropIns(t *testing.T) {
	one, two := document(3, "one", "192.0.2.11", "1s"), document(3, "two", "192.0.2.12", "2s")
	sut.Fresh(t, one)
	whole := observe(t)
	before := sut.PIDs(t)
	edit := func(text string) {
		t.Helper()
		if err := sut.WriteFile("/run/systemd/system/kresd@2.service.d/10-drill.conf", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if u := unitStatus(t, "kresd@2.service"); !u.Stale {
			t.Errorf("status does not say that its files were edited: %+v", u)
		}
		sut.Must(t, "systemctl", "daemon-reload")
		if u := unitStatus(t, "kresd@2.service"); u.Stale {
			t.Errorf("status says that its files were edited, after a reload: %+v", u)
		}
	}
	remove := func() {
		sut.Must(t, "sh", "-c", "rm -rf /run/systemd/system/kresd@2.service.d; systemctl daemon-reload")
	}
	defer remove()
	sut.Must(t, "mkdir", "-p", "/run/systemd/system/kresd@2.service.d")
	edit("[Service]\nNice=1\n")
	stays(t, map[string]bool{"kresd@1.service": true, "kresd@2.service": true, "kresd@3.service": true, units.CacheGC: true})
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	edit("[Service]\nExecStart=\nExecStart=/bin/false\n")
	serving(t)
	a := sut.Call(t, "PUT", "/v1/config", two)
	t.Logf("PUT: %d %s", a.Code, a.Body)
	if a.Code == 200 || !strings.Contains(a.Body, "kresd@2.service") {
		t.Error("no one is told which worker does not start")
	}
	if s := sut.Status(t); s.State != "degraded" && s.State != "applying" {
		t.Errorf("state %s: %+v", s.State, s)
	}
	remove()
	oneOf(t, whole, whole)
	apply(t, two)
}

// TestAWorkerThatHangsIsReplaced has a worker with a watchdog stop in its
// tracks, which kresd's watchdog module tells systemd by saying nothing.
func TestAWorkerThatHangsIsReplaced(t *testing.T) {
	sut.Fresh(t, document(3, "one", "192.0.2.11", "1s"))
	whole := observe(t)
	serving(t)
	if usec := sut.Show(t, "kresd@2.service", "WatchdogUSec"); usec == "0" || usec == "infinity" {
		t.Errorf("the watchdog of a worker is %s", usec)
	}
	sut.Must(t, "sh", "-c", `mkdir -p /run/systemd/system/kresd@2.service.d
		printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/kresd@2.service.d/10-drill.conf # no one wants to wait
		systemctl daemon-reload
		systemctl restart kresd@2.service`)
	defer sut.Exec(t, "sh", "-c", "rm -rf /run/systemd/system/kresd@2.service.d; systemctl daemon-reload")
	pid := sut.Show(t, "kresd@2.service", "MainPID")
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=STOP", "kresd@2.service")
	began := time.Now()
	product.Eventually(t, "worker 2 has another process", func() bool {
		now := sut.Show(t, "kresd@2.service", "MainPID")
		return now != pid && now != "0"
	})
	oneOf(t, whole, whole)
	t.Logf("replaced after %s", time.Since(began).Round(time.Millisecond))
}

// TestWorkersKilledAgainAndAgain leaves readers of the shared databases behind,
// which must not keep the others from reading or the rules from changing.
func TestWorkersKilledAgainAndAgain(t *testing.T) {
	one, two := document(3, "one", "192.0.2.11", "1s"), document(3, "one", "192.0.2.12", "1s")
	sut.Fresh(t, one)
	whole := observe(t)
	serving(t) // by worker 3
	for range 3 {
		before := sut.PIDs(t)
		sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd@1.service", "kresd@2.service", units.CacheGC)
		product.Eventually(t, "other processes run", func() bool {
			after := sut.PIDs(t)
			for _, unit := range []string{"kresd@1.service", "kresd@2.service", units.CacheGC} {
				if after[unit] == 0 || after[unit] == before[unit] {
					return false
				}
			}
			return true
		})
		oneOf(t, whole, whole)
	}
	apply(t, two)
	if s := sut.Status(t); s.State != "running" || len(s.Units) < 5 {
		t.Errorf("state %s: %+v", s.State, s)
	}
}
