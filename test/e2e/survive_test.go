// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/test/product"
)

func TestKilledWorkerComesBack(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd@1.service")
	product.Eventually(t, "worker 1 runs again", func() bool {
		return sut.PIDs(t)["kresd@1.service"] != before["kresd@1.service"] &&
			sut.Exec(t, "systemctl", "is-active", "kresd@1.service").Code == 0
	})
	if after := sut.PIDs(t); after["kresd@2.service"] != before["kresd@2.service"] {
		t.Error("worker 2 was restarted, too")
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	product.Eventually(t, "status is as before", func() bool { return sut.Status(t).State == "running" })
	// It is reached by commands like the others.
	sut.Put(t, "/local-data/addresses/after.example", `"192.0.2.4"`)
	for range 20 {
		sut.Expect(t, "after.example.", "192.0.2.4")
	}
}

func TestManagerIsNotInTheServingPath(t *testing.T) {
	for name, end := range map[string]func(t *testing.T){
		"restarted": func(t *testing.T) { sut.Must(t, "systemctl", "restart", "kresd-manager.service") },
		"stopped and started": func(t *testing.T) {
			sut.Must(t, "systemctl", "stop", "kresd-manager.service")
			sut.Expect(t, "host.example.", "192.0.2.1")
			sut.Must(t, "systemctl", "start", "kresd-manager.service")
		},
		"killed": func(t *testing.T) {
			old := sut.Show(t, "kresd-manager.service", "MainPID")
			sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd-manager.service")
			product.Eventually(t, "a new manager is active", func() bool {
				return sut.Show(t, "kresd-manager.service", "MainPID") != old &&
					sut.Show(t, "kresd-manager.service", "ActiveState") == "active"
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			sut.Fresh(t, basic)
			sut.Put(t, "/local-data/addresses/live.example", `"192.0.2.5"`)
			before := sut.PIDs(t)
			report, _ := underLoad(t, func() int { end(t); return 0 })
			if report.Lost > report.RcvbufErrors || report.Errors > 0 || report.Wrong > 0 {
				t.Errorf("queries were lost: %+v", report)
			}
			if after := sut.PIDs(t); !maps.Equal(before, after) {
				t.Errorf("processes changed from %v to %v", before, after)
			}
			// What was changed through the API still runs, and commands reach every worker.
			sut.Expect(t, "live.example.", "192.0.2.5")
			sut.Put(t, "/local-data/addresses/again.example", `"192.0.2.6"`)
			for range 20 {
				sut.Expect(t, "again.example.", "192.0.2.6")
			}
			if after := sut.PIDs(t); !maps.Equal(before, after) {
				t.Errorf("processes changed from %v to %v", before, after)
			}
		})
	}
}

func TestEditedFileIsAppliedByARestart(t *testing.T) {
	sut.Fresh(t, basic)
	sut.WriteConfig(t, strings.Replace(basic, "192.0.2.1", "192.0.2.2", 1))
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.2")
}

func TestOfTwoWritersWithOneETagOneWins(t *testing.T) {
	sut.Fresh(t, basic)
	etag := sut.Call(t, "GET", "/v1/config", "").Header.Get("ETag")
	codes := make([]int, 2)
	var wg sync.WaitGroup
	for i, value := range []string{`"192.0.2.11"`, `"192.0.2.12"`} {
		wg.Go(func() {
			a, err := sut.Request(t.Context(), "PUT", "/v1/config/local-data/addresses/race.example", value, "If-Match", etag)
			if err == nil {
				codes[i] = a.Code
			}
		})
	}
	wg.Wait()
	if !(codes[0] == 200 && codes[1] == 412 || codes[0] == 412 && codes[1] == 200) {
		t.Fatalf("answers %v, want one 200 and one 412", codes)
	}
	winner := map[bool]string{true: "192.0.2.11", false: "192.0.2.12"}[codes[0] == 200]
	sut.Expect(t, "race.example.", winner)
	doc, err := config.Parse("answer", []byte(sut.Call(t, "GET", "/v1/config", "").Body))
	if err != nil {
		t.Fatal(err)
	}
	if got := sut.Call(t, "GET", "/v1/config", "").Header.Get("ETag"); got != `"`+doc.ETag()+`"` {
		t.Errorf("ETag %s, want %q", got, doc.ETag())
	}
}

func TestBusRestart(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	sut.Must(t, "systemctl", "restart", "dbus.service")
	product.Eventually(t, "changes work again", func() bool {
		a, err := sut.Request(t.Context(), "PUT", "/v1/config/local-data/addresses/bus.example", `"192.0.2.13"`)
		return err == nil && a.Code == 200
	})
	sut.Expect(t, "bus.example.", "192.0.2.13")
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}

func TestDaemonReloadInTheMiddleOfARoll(t *testing.T) {
	sut.Fresh(t, basic)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(30 * time.Millisecond):
				sut.Exec(t, "systemctl", "daemon-reload")
			}
		}
	})
	plan := sut.Put(t, "/nsid", `"reloaded"`)
	close(stop)
	wg.Wait()
	if len(plan.Steps) != 3 || sut.Status(t).State != "running" {
		t.Errorf("%s%+v", plan, sut.Status(t))
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

// TestWorkersOfABootWithoutManager starts the workers as a boot does, with
// nothing below /run, and the manager later.
func TestWorkersOfABootWithoutManager(t *testing.T) {
	sut.Fresh(t, basic)
	reboot := func() map[string]int {
		sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service", "kresd.target")
		product.Eventually(t, "no worker runs", func() bool { return len(sut.PIDs(t)) == 0 })
		sut.Must(t, "rm", "-rf", "/run/kresd-manager", "/run/kresd-manager.rundir", "/run/knot-resolver")
		sut.Must(t, "systemd-tmpfiles", "--create", "kresd-manager.conf")
		sut.Must(t, "systemctl", "start", "kresd@1.service", "kresd@2.service", "kres-gc.service")
		sut.Expect(t, "host.example.", "192.0.2.1")
		return sut.PIDs(t)
	}
	before := reboot()
	sut.Must(t, "systemctl", "start", "kresd-manager.service")
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("the manager's start changed the processes from %v to %v", before, after)
	}
	sut.Put(t, "/local-data/addresses/after.example", `"192.0.2.4"`)
	sut.Expect(t, "after.example.", "192.0.2.4")

	// The same with a file that no worker accepts.
	before = reboot()
	sut.WriteConfig(t, basic+"lua:\n  script: error('not now')\n")
	if r := sut.Exec(t, "systemctl", "start", "kresd-manager.service"); r.Code == 0 {
		t.Error("the manager starts on Lua that fails")
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("a wrong file changed the processes from %v to %v", before, after)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}
