// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/internal/config"
)

func TestKilledWorkerComesBack(t *testing.T) {
	fresh(t, basic)
	before := pids(t)
	must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd@1.service")
	eventually(t, "worker 1 runs again", func() bool {
		return pids(t)["kresd@1.service"] != before["kresd@1.service"] &&
			run(t, "systemctl", "is-active", "kresd@1.service").Code == 0
	})
	if after := pids(t); after["kresd@2.service"] != before["kresd@2.service"] {
		t.Error("worker 2 was restarted, too")
	}
	expect(t, "host.example.", "192.0.2.1")
	eventually(t, "status is as before", func() bool { return status(t).State == "running" })
	// It is reached by commands like the others.
	put(t, "/local-data/addresses/after.example", `"192.0.2.4"`)
	for range 20 {
		expect(t, "after.example.", "192.0.2.4")
	}
}

func TestManagerIsNotInTheServingPath(t *testing.T) {
	for name, end := range map[string]func(t *testing.T){
		"restarted": func(t *testing.T) { must(t, "systemctl", "restart", "kresd-manager.service") },
		"stopped and started": func(t *testing.T) {
			must(t, "systemctl", "stop", "kresd-manager.service")
			expect(t, "host.example.", "192.0.2.1")
			must(t, "systemctl", "start", "kresd-manager.service")
		},
		"killed": func(t *testing.T) {
			old := must(t, "systemctl", "show", "-p", "MainPID", "--value", "kresd-manager.service")
			must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd-manager.service")
			eventually(t, "a new manager is active", func() bool {
				return must(t, "systemctl", "show", "-p", "MainPID", "--value", "kresd-manager.service") != old &&
					run(t, "systemctl", "is-active", "kresd-manager.service").Code == 0
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			fresh(t, basic)
			put(t, "/local-data/addresses/live.example", `"192.0.2.5"`)
			before := pids(t)
			report, _ := underLoad(t, func() int { end(t); return 0 })
			if report.Lost > report.RcvbufErrors || report.Errors > 0 || report.Wrong > 0 {
				t.Errorf("queries were lost: %+v", report)
			}
			if after := pids(t); !maps.Equal(before, after) {
				t.Errorf("processes changed from %v to %v", before, after)
			}
			// What was changed through the API still runs, and commands reach every worker.
			expect(t, "live.example.", "192.0.2.5")
			put(t, "/local-data/addresses/again.example", `"192.0.2.6"`)
			for range 20 {
				expect(t, "again.example.", "192.0.2.6")
			}
			if after := pids(t); !maps.Equal(before, after) {
				t.Errorf("processes changed from %v to %v", before, after)
			}
		})
	}
}

func TestEditedFileIsAppliedByARestart(t *testing.T) {
	fresh(t, basic)
	writeConfig(t, strings.Replace(basic, "192.0.2.1", "192.0.2.2", 1))
	must(t, "systemctl", "restart", "kresd-manager.service")
	expect(t, "host.example.", "192.0.2.2")
}

func TestOfTwoWritersWithOneETagOneWins(t *testing.T) {
	fresh(t, basic)
	etag := call(t, "GET", "/v1/config", "").header.Get("ETag")
	codes := make([]int, 2)
	var wg sync.WaitGroup
	for i, value := range []string{`"192.0.2.11"`, `"192.0.2.12"`} {
		wg.Go(func() {
			a, err := request(t.Context(), "PUT", "/v1/config/local-data/addresses/race.example", value, "If-Match", etag)
			if err == nil {
				codes[i] = a.code
			}
		})
	}
	wg.Wait()
	if !(codes[0] == 200 && codes[1] == 412 || codes[0] == 412 && codes[1] == 200) {
		t.Fatalf("answers %v, want one 200 and one 412", codes)
	}
	winner := map[bool]string{true: "192.0.2.11", false: "192.0.2.12"}[codes[0] == 200]
	expect(t, "race.example.", winner)
	doc, err := config.Parse("answer", []byte(call(t, "GET", "/v1/config", "").body))
	if err != nil {
		t.Fatal(err)
	}
	if got := call(t, "GET", "/v1/config", "").header.Get("ETag"); got != `"`+doc.ETag()+`"` {
		t.Errorf("ETag %s, want %q", got, doc.ETag())
	}
}

func TestBusRestart(t *testing.T) {
	fresh(t, basic)
	before := pids(t)
	must(t, "systemctl", "restart", "dbus.service")
	eventually(t, "changes work again", func() bool {
		a, err := request(t.Context(), "PUT", "/v1/config/local-data/addresses/bus.example", `"192.0.2.13"`)
		return err == nil && a.code == 200
	})
	expect(t, "bus.example.", "192.0.2.13")
	if after := pids(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}

func TestDaemonReloadInTheMiddleOfARoll(t *testing.T) {
	fresh(t, basic)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(30 * time.Millisecond):
				run(t, "systemctl", "daemon-reload")
			}
		}
	})
	plan := put(t, "/nsid", `"reloaded"`)
	close(stop)
	wg.Wait()
	if len(plan.Steps) != 3 || status(t).State != "running" {
		t.Errorf("%s%+v", plan, status(t))
	}
	expect(t, "host.example.", "192.0.2.1")
}

// TestWorkersOfABootWithoutManager starts the workers as a boot does, with
// nothing below /run, and the manager later.
func TestWorkersOfABootWithoutManager(t *testing.T) {
	fresh(t, basic)
	reboot := func() map[string]int {
		must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service", "kresd.target")
		eventually(t, "no worker runs", func() bool { return len(pids(t)) == 0 })
		must(t, "rm", "-rf", "/run/kresd-manager", "/run/kresd-manager.rundir", "/run/knot-resolver")
		must(t, "systemd-tmpfiles", "--create", "kresd-manager.conf")
		must(t, "systemctl", "start", "kresd@1.service", "kresd@2.service", "kres-gc.service")
		expect(t, "host.example.", "192.0.2.1")
		return pids(t)
	}
	before := reboot()
	must(t, "systemctl", "start", "kresd-manager.service")
	if after := pids(t); !maps.Equal(before, after) {
		t.Errorf("the manager's start changed the processes from %v to %v", before, after)
	}
	put(t, "/local-data/addresses/after.example", `"192.0.2.4"`)
	expect(t, "after.example.", "192.0.2.4")

	// The same with a file that no worker accepts.
	before = reboot()
	writeConfig(t, basic+"lua:\n  script: error('not now')\n")
	if r := run(t, "systemctl", "start", "kresd-manager.service"); r.Code == 0 {
		t.Error("the manager starts on Lua that fails")
	}
	if after := pids(t); !maps.Equal(before, after) {
		t.Errorf("a wrong file changed the processes from %v to %v", before, after)
	}
	expect(t, "host.example.", "192.0.2.1")
}
