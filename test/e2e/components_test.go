// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
)

const (
	extra     = "/components/extra"
	extraUnit = "kres-component@extra.service"
)

// command is a component that runs a shell script, to be told apart by it.
func command(kind, script string) string {
	b, err := json.Marshal(map[string]any{"kind": kind, "command": []string{"/bin/sh", "-c", script}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestAComponentRunsItsCommandInASandbox(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	sut.Put(t, extra, command("dispensable", `echo "I am $(id -un) with $NOTIFY_SOCKET and 'quotes'"; touch made; touch /run/knot-resolver/made; touch /etc/made; exec sleep infinity`))
	if got := sut.Show(t, extraUnit, "StatusText"); !strings.HasPrefix(got, "component ") {
		t.Errorf("it announces %q", got)
	}
	product.Eventually(t, "it says who it is", func() bool {
		return strings.Contains(sut.Journal(t.Context(), extraUnit), "I am knot-resolver with  and 'quotes'")
	})
	if sut.Exec(t, "test", "-e", "/run/knot-resolver/work/made").Code != 0 || sut.Exec(t, "test", "-e", "/run/knot-resolver/made").Code == 0 || sut.Exec(t, "test", "-e", "/etc/made").Code == 0 {
		t.Error("it may write where it should not, or not where it should")
	}
	old := sut.PIDs(t)
	sut.Put(t, extra, command("dispensable", "exec sleep 9d"))
	now := sut.PIDs(t)
	if now[extraUnit] == 0 || now[extraUnit] == old[extraUnit] {
		t.Error("a changed command was not started")
	}
	// It is kept by systemd.
	sut.Must(t, "systemctl", "kill", "--signal=KILL", extraUnit)
	product.Eventually(t, "it was started again", func() bool { p := sut.PIDs(t)[extraUnit]; return p != 0 && p != now[extraUnit] })
	if a := sut.Call(t, "DELETE", "/v1/config/components", ""); a.Code != 200 {
		t.Fatalf("%d %s", a.Code, a.Body)
	}
	after := sut.PIDs(t)
	if after[extraUnit] != 0 {
		t.Error("it still runs")
	}
	for unit, pid := range before {
		if after[unit] != pid {
			t.Errorf("%s was restarted", unit)
		}
	}
}

func TestAComponentThatCannotBeRefusesTheChange(t *testing.T) {
	for _, c := range []struct{ name, value, says string }{
		{"no program", `{"command": ["/no/such/program"]}`, "cannot start /no/such/program"},
		{"a needed one that ends", command("needed", "echo 'no socket here' >&2; exit 7"), "no socket here"},
		{"a core one that ends", command("core", "exit 0"), "core component extra ended (with success)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Fresh(t, basic)
			before := sut.PIDs(t)
			sut.Refused(t, extra, c.value, extraUnit, c.says)
			if s := sut.Status(t); s.State != "running" {
				t.Errorf("state %s", s.State)
			}
			after := sut.PIDs(t)
			for unit, pid := range before {
				if after[unit] != pid {
					t.Errorf("%s was restarted", unit)
				}
			}
			if sut.Exec(t, "systemctl", "is-failed", extraUnit).Code == 0 {
				t.Error("the component is left failed")
			}
		})
	}
}

func TestTheEndOfACoreComponentEndsService(t *testing.T) {
	sut.Fresh(t, basic+"components: {extra: {kind: core, command: [/bin/sleep, infinity]}}\n")
	sut.Expect(t, "host.example.", "192.0.2.1")
	sut.Must(t, "systemctl", "kill", "--signal=KILL", extraUnit)
	product.Eventually(t, "the target is down", func() bool { return sut.Exec(t, "systemctl", "is-active", "kresd.target").Code != 0 })
	product.Eventually(t, "no worker runs", func() bool { return len(sut.PIDs(t)) == 0 })
	s := sut.Status(t)
	if s.State != "failed" || !strings.Contains(s.Down, extraUnit) {
		t.Errorf("state %s: %q", s.State, s.Down)
	}
	if sut.Exec(t, "systemctl", "is-failed", extraUnit).Code != 0 {
		t.Error("the component is not among the failed units")
	}
	time.Sleep(2 * time.Second) // nothing comes back by itself
	if n := len(sut.PIDs(t)); n != 0 {
		t.Errorf("%d processes came back", n)
	}
	if r := sut.Exec(t, "kresctl", "reload"); r.Code != 0 {
		t.Fatalf("reload: %s", r.Stderr)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	if s := sut.Status(t); s.State != "running" || s.Down != "" {
		t.Errorf("state %s: %q", s.State, s.Down)
	}
}

// A needed component that has stayed up once is started again.
func TestANeededComponentComesBackAfterItsTrial(t *testing.T) {
	sut.Fresh(t, basic+"components: {extra: {kind: needed, command: [/bin/sleep, infinity]}}\n")
	before := sut.PIDs(t)
	sut.Must(t, "systemctl", "kill", "--signal=KILL", extraUnit)
	product.Eventually(t, "it was started again", func() bool { p := sut.PIDs(t)[extraUnit]; return p != 0 && p != before[extraUnit] })
	sut.Expect(t, "host.example.", "192.0.2.1")
	if s := sut.Status(t); s.Down != "" {
		t.Errorf("down: %s", s.Down)
	}
}
