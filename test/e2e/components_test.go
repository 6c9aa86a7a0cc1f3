// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
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
	fresh(t, basic)
	before := pids(t)
	put(t, extra, command("dispensable", `echo "I am $(id -un) with $NOTIFY_SOCKET and 'quotes'"; touch made; touch /run/knot-resolver/made; touch /etc/made; exec sleep infinity`))
	if got := generationOf(t, extraUnit); !strings.HasPrefix(got, "component ") {
		t.Errorf("it announces %q", got)
	}
	eventually(t, "it says who it is", func() bool {
		return strings.Contains(sut.Journal(t.Context(), extraUnit), "I am knot-resolver with  and 'quotes'")
	})
	if run(t, "test", "-e", "/run/knot-resolver/work/made").Code != 0 || run(t, "test", "-e", "/run/knot-resolver/made").Code == 0 || run(t, "test", "-e", "/etc/made").Code == 0 {
		t.Error("it may write where it should not, or not where it should")
	}
	old := pids(t)
	put(t, extra, command("dispensable", "exec sleep 9d"))
	now := pids(t)
	if now[extraUnit] == 0 || now[extraUnit] == old[extraUnit] {
		t.Error("a changed command was not started")
	}
	// It is kept by systemd.
	must(t, "systemctl", "kill", "--signal=KILL", extraUnit)
	eventually(t, "it was started again", func() bool { p := pids(t)[extraUnit]; return p != 0 && p != now[extraUnit] })
	if a := call(t, "DELETE", "/v1/config/components", ""); a.code != 200 {
		t.Fatalf("%d %s", a.code, a.body)
	}
	after := pids(t)
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
			fresh(t, basic)
			before := pids(t)
			refused(t, extra, c.value, extraUnit, c.says)
			if s := status(t); s.State != "running" {
				t.Errorf("state %s", s.State)
			}
			after := pids(t)
			for unit, pid := range before {
				if after[unit] != pid {
					t.Errorf("%s was restarted", unit)
				}
			}
			if run(t, "systemctl", "is-failed", extraUnit).Code == 0 {
				t.Error("the component is left failed")
			}
		})
	}
}

func TestTheEndOfACoreComponentEndsService(t *testing.T) {
	fresh(t, basic+"components: {extra: {kind: core, command: [/bin/sleep, infinity]}}\n")
	expect(t, "host.example.", "192.0.2.1")
	must(t, "systemctl", "kill", "--signal=KILL", extraUnit)
	eventually(t, "the target is down", func() bool { return run(t, "systemctl", "is-active", "kresd.target").Code != 0 })
	eventually(t, "no worker runs", func() bool { return len(pids(t)) == 0 })
	s := status(t)
	if s.State != "failed" || !strings.Contains(s.Down, extraUnit) {
		t.Errorf("state %s: %q", s.State, s.Down)
	}
	if run(t, "systemctl", "is-failed", extraUnit).Code != 0 {
		t.Error("the component is not among the failed units")
	}
	time.Sleep(2 * time.Second) // nothing comes back by itself
	if n := len(pids(t)); n != 0 {
		t.Errorf("%d processes came back", n)
	}
	if r := run(t, "kresctl", "reload"); r.Code != 0 {
		t.Fatalf("reload: %s", r.Stderr)
	}
	expect(t, "host.example.", "192.0.2.1")
	if s := status(t); s.State != "running" || s.Down != "" {
		t.Errorf("state %s: %q", s.State, s.Down)
	}
}

// A needed component that has stayed up once is started again.
func TestANeededComponentComesBackAfterItsTrial(t *testing.T) {
	fresh(t, basic+"components: {extra: {kind: needed, command: [/bin/sleep, infinity]}}\n")
	before := pids(t)
	must(t, "systemctl", "kill", "--signal=KILL", extraUnit)
	eventually(t, "it was started again", func() bool { p := pids(t)[extraUnit]; return p != 0 && p != before[extraUnit] })
	expect(t, "host.example.", "192.0.2.1")
	if s := status(t); s.Down != "" {
		t.Errorf("down: %s", s.Down)
	}
}
