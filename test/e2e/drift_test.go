// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"
)

func TestWhatIsStoppedByHandComesBack(t *testing.T) {
	fresh(t, basic)
	before := pids(t)
	for _, unit := range []string{"kresd@2.service", "kres-gc.service"} {
		must(t, "systemctl", "stop", unit)
		eventually(t, unit+" is back", func() bool { return pids(t)[unit] != 0 })
	}
	must(t, "systemctl", "stop", "kres-policy-loader.service")
	eventually(t, "the rules are loaded again", func() bool {
		return strings.HasPrefix(generationOf(t, "kres-policy-loader.service"), "rules ")
	})
	eventually(t, "all is well", func() bool { return status(t).State == "running" })
	if after := pids(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Error("worker 1 was restarted, too")
	}
	expect(t, "host.example.", "192.0.2.1")
	s := status(t)
	if s.LastRepair == nil {
		t.Error("status does not tell of a repair")
	}
	if log := sut.Journal(t.Context(), "kresd-manager.service"); !strings.Contains(log, "repairing") {
		t.Errorf("the journal does not tell of a repair:\n%s", log)
	}
}

func TestTheTargetIsTheAdministrators(t *testing.T) {
	fresh(t, basic)
	must(t, "systemctl", "stop", "kresd.target")
	time.Sleep(3 * time.Second)
	if n := len(pids(t)); n != 0 {
		t.Errorf("%d processes came back", n)
	}
	if s := status(t); s.State != "stopped" {
		t.Errorf("state %s", s.State)
	}
	must(t, "systemctl", "start", "kresd.target")
	eventually(t, "all is back", func() bool { return status(t).State == "running" })
	expect(t, "host.example.", "192.0.2.1")
}

// Lua that is fine when it is read and ends the worker later: the canary and
// the start see nothing of it.
func TestAConfigurationThatEndsWorkersIsTakenBack(t *testing.T) {
	fresh(t, basic)
	put(t, "/lua/script", `"event.after(300, function () ffi.cdef'void _exit(int);' ffi.C._exit(3) end)"`)
	eventually(t, "it is taken back", func() bool {
		return strings.Contains(call(t, "GET", "/v1/status", "").body, "do not stay up") && status(t).State == "running"
	})
	if a := call(t, "GET", "/v1/config/lua", ""); a.code != 404 {
		t.Errorf("the configuration still has it: %d %s", a.code, a.body)
	}
	before := pids(t)
	time.Sleep(time.Second)
	for unit, pid := range pids(t) {
		if before[unit] != pid {
			t.Errorf("%s still restarts", unit)
		}
	}
	expect(t, "host.example.", "192.0.2.1")
}

// A worker that hangs is killed by systemd, which also starts it again.
func TestAWorkerThatHangsIsReplaced(t *testing.T) {
	fresh(t, basic+"systemd: {watchdog: 1s}\n")
	before := pids(t)
	time.Sleep(2 * time.Second) // one that does not hang is left alone
	if after := pids(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Fatal("a worker was killed for nothing")
	}
	must(t, "systemctl", "kill", "--kill-whom=main", "--signal=STOP", "kresd@1.service")
	eventually(t, "it is another process", func() bool {
		pid := pids(t)["kresd@1.service"]
		return pid != 0 && pid != before["kresd@1.service"]
	})
	eventually(t, "all is well", func() bool { return status(t).State == "running" })
	if after := pids(t); after["kresd@2.service"] != before["kresd@2.service"] {
		t.Error("worker 2 was replaced, too")
	}
}

func TestStatusTellsOfUnitsThatOnlyTheAdministratorCanMend(t *testing.T) {
	fresh(t, basic)
	defer sut.Sh(t.Context(), "systemctl unmask --runtime kresd@2.service; rm -rf /run/systemd/system/kresd@1.service.d; systemctl daemon-reload")
	must(t, "systemctl", "mask", "--runtime", "--now", "kresd@2.service")
	if err := sut.WriteFile("/run/systemd/system/kresd@1.service.d/x.conf", []byte("[Service]\nNice=1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := run(t, "kresctl", "status").Stdout
	for _, want := range []string{"systemctl unmask kresd@2.service", "systemctl daemon-reload"} {
		if !strings.Contains(out, want) {
			t.Errorf("status does not say %q:\n%s", want, out)
		}
	}
	expect(t, "host.example.", "192.0.2.1")
	// The others can be changed meanwhile.
	put(t, "/nsid", `"x"`)
	must(t, "systemctl", "unmask", "--runtime", "kresd@2.service")
	must(t, "systemctl", "daemon-reload")
	eventually(t, "worker 2 is back", func() bool { return pids(t)["kresd@2.service"] != 0 })
}
