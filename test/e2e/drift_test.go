// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
)

func TestWhatIsStoppedByHandComesBack(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	for _, unit := range []string{"kresd@2.service", "kres-gc.service"} {
		sut.Must(t, "systemctl", "stop", unit)
		product.Eventually(t, unit+" is back", func() bool { return sut.PIDs(t)[unit] != 0 })
	}
	sut.Must(t, "systemctl", "stop", "kres-policy-loader.service")
	product.Eventually(t, "the rules are loaded again", func() bool {
		return strings.HasPrefix(sut.Show(t, "kres-policy-loader.service", "StatusText"), "rules ")
	})
	product.Eventually(t, "all is well", func() bool { return sut.Status(t).State == "running" })
	if after := sut.PIDs(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Error("worker 1 was restarted, too")
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	s := sut.Status(t)
	if s.LastRepair == nil {
		t.Error("status does not tell of a repair")
	}
	if log := sut.Journal(t.Context(), "kresd-manager.service"); !strings.Contains(log, "repairing") {
		t.Errorf("the journal does not tell of a repair:\n%s", log)
	}
}

func TestTheTargetIsTheAdministrators(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "systemctl", "stop", "kresd.target")
	time.Sleep(3 * time.Second)
	if n := len(sut.PIDs(t)); n != 0 {
		t.Errorf("%d processes came back", n)
	}
	if s := sut.Status(t); s.State != "stopped" {
		t.Errorf("state %s", s.State)
	}
	sut.Must(t, "systemctl", "start", "kresd.target")
	product.Eventually(t, "all is back", func() bool { return sut.Status(t).State == "running" })
	sut.Expect(t, "host.example.", "192.0.2.1")
}

// Lua that is fine when it is read and ends the worker later: the canary and
// the start see nothing of it.
func TestAConfigurationThatEndsWorkersIsTakenBack(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Put(t, "/lua/script", `"event.after(300, function () ffi.cdef'void _exit(int);' ffi.C._exit(3) end)"`)
	product.Eventually(t, "it is taken back", func() bool {
		return strings.Contains(sut.Call(t, "GET", "/v1/status", "").Body, "do not stay up") && sut.Status(t).State == "running"
	})
	if a := sut.Call(t, "GET", "/v1/config/lua", ""); a.Code != 200 || a.Body != "null" {
		t.Errorf("the configuration still has it: %d %s", a.Code, a.Body)
	}
	before := sut.PIDs(t)
	time.Sleep(time.Second)
	for unit, pid := range sut.PIDs(t) {
		if before[unit] != pid {
			t.Errorf("%s still restarts", unit)
		}
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

// A worker that hangs is killed by systemd, which also starts it again.
func TestAWorkerThatHangsIsReplaced(t *testing.T) {
	sut.Fresh(t, basic+"systemd: {watchdog: 1s}\n")
	before := sut.PIDs(t)
	time.Sleep(2 * time.Second) // one that does not hang is left alone
	if after := sut.PIDs(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Fatal("a worker was killed for nothing")
	}
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=STOP", "kresd@1.service")
	product.Eventually(t, "it is another process", func() bool {
		pid := sut.PIDs(t)["kresd@1.service"]
		return pid != 0 && pid != before["kresd@1.service"]
	})
	product.Eventually(t, "all is well", func() bool { return sut.Status(t).State == "running" })
	if after := sut.PIDs(t); after["kresd@2.service"] != before["kresd@2.service"] {
		t.Error("worker 2 was replaced, too")
	}
}

func TestStatusReportsUnitsThatOnlyTheAdministratorCanFix(t *testing.T) {
	sut.Fresh(t, basic)
	defer sut.Sh(t.Context(), "systemctl unmask --runtime kresd@2.service; rm -rf /run/systemd/system/kresd@1.service.d; systemctl daemon-reload")
	sut.Must(t, "systemctl", "mask", "--runtime", "--now", "kresd@2.service")
	if err := sut.WriteFile("/run/systemd/system/kresd@1.service.d/x.conf", []byte("[Service]\nNice=1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := sut.Exec(t, "kresctl", "status").Stdout
	for _, want := range []string{"systemctl unmask kresd@2.service", "systemctl daemon-reload"} {
		if !strings.Contains(out, want) {
			t.Errorf("status does not say %q:\n%s", want, out)
		}
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	// The others can be changed meanwhile.
	sut.Put(t, "/nsid", `"x"`)
	sut.Must(t, "systemctl", "unmask", "--runtime", "kresd@2.service")
	sut.Must(t, "systemctl", "daemon-reload")
	product.Eventually(t, "worker 2 is back", func() bool { return sut.PIDs(t)["kresd@2.service"] != 0 })
}
