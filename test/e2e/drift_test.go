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
