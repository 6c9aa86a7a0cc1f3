// SPDX-License-Identifier: Apache-2.0

package doors

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// modes are all modes of jobs (systemctl(1), --job-mode=), and what is in the
// error of a start, a restart and a stop of a unit of ours by the manager's user.
// Those without a text are allowed: polkit is told the verb and not the mode. They
// are limits of systemd, which SECURITY.md reports.
var modes = []struct {
	name                 string
	start, restart, stop string
}{
	{"replace", "", "", ""}, // the only one that the manager uses
	{"fail", "", "", ""},
	{"replace-irreversibly", "", "", ""},
	{"flush", "", "", ""},
	{"ignore-dependencies", "", "", ""},
	{"ignore-requirements", "", "", ""},
	{"lenient", "", "", "would stop a running unit"}, // not in 257
	{"isolate", "may not be isolated", "only valid for start", "only valid for start"},
	{"triggering", "only valid for stop", "only valid for stop", ""},
	{"restart-dependencies", "", "only valid for start", "only valid for start"}, // not in 252
}

// toy is a worker that is none: it comes and goes at once. The manager would stop it.
const toy = "kresd@99.service"

func (s System) makeToy(t *testing.T, more string) {
	t.Helper()
	// A sandbox takes longer to make than all else that a start is here.
	const text = "[Service]\nType=exec\nExecStart=\nExecStart=+/bin/sleep infinity\nExecStop=\nRestart=no\n"
	file := "/run/systemd/system/" + toy + ".d/toy.conf"
	if err := s.WriteFile(file, []byte(text+more), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must(t, "systemctl", "daemon-reload")
	s.afterwards(t, "systemctl kill -s KILL "+toy+" || true; systemctl stop "+toy+"; rm -f "+file+"; systemctl daemon-reload")
}

// Modes tries every verb that polkit allows with every mode, by both ways in which
// systemd is asked, and holds what comes of it.
func (s System) Modes(t *testing.T) {
	t.Helper()
	s.makeToy(t, "")
	object := s.Unit(t, toy)
	for _, m := range modes {
		for _, c := range []struct{ verb, state, want string }{
			{"Start", "stop", m.start}, {"Restart", "start", m.restart}, {"Stop", "start", m.stop},
		} {
			for _, whole := range []bool{true, false} {
				// The state that it begins in; an irreversible job does not make way.
				for strings.Contains(s.jobs(t), toy) {
					time.Sleep(20 * time.Millisecond)
				}
				s.must(t, "systemctl", c.state, toy)
				var got string
				if whole {
					got = s.Call(t, Manager, Systemd, c.verb+"Unit", "ss", toy, m.name)
				} else {
					got = s.Call(t, Manager, object, c.verb, "s", m.name)
				}
				if strings.Contains(got, "Job mode "+m.name+" invalid") && slices.Contains([]string{"lenient", "restart-dependencies"}, m.name) {
					t.Logf("this systemd does not know the mode %q", m.name)
					continue
				}
				if c.want == "" && got != Allowed || c.want != "" && !strings.Contains(got, c.want) {
					t.Errorf("%s with the mode %q is %q, and was %q: tell in SECURITY.md what the manager's user can do now",
						c.verb, m.name, got, c.want)
				}
				if got := s.Call(t, Worker, object, c.verb, "s", m.name); got != Refused {
					t.Errorf("%s with the mode %q by %s is not refused: %s", c.verb, m.name, Worker, got)
				}
			}
		}
	}
	if got := s.Call(t, Manager, Systemd, "StopUnit", "ss", toy, "no-such-mode"); !strings.Contains(got, "invalid") {
		t.Errorf("there is a mode that is not known: %s", got)
	}
}

// Flush holds a limit of systemd: who may queue a job of one unit can cancel the
// jobs of all others. What they had begun goes on, and the units do not fail.
func (s System) Flush(t *testing.T) {
	t.Helper()
	s.makeToy(t, "")
	id := s.foreignJob(t)
	if got := s.Call(t, Manager, Systemd, "StopUnit", "ss", toy, "replace"); got != Allowed || !s.hasJob(t, id) {
		t.Fatalf("a job without flush: %s, and those left are:\n%s", got, s.jobs(t))
	}
	if got := s.Call(t, Manager, Systemd, "StopUnit", "ss", toy, "flush"); got != Allowed {
		t.Fatalf("flush: %s", got)
	}
	if s.hasJob(t, id) {
		t.Error("flush leaves the jobs of others alone now: tell in SECURITY.md")
	}
	if got := s.state(t, foreign); got != "activating" {
		t.Errorf("%s is %s after its job was canceled", foreign, got)
	}
}

// Replace holds that a job in place of that of a unit that is not ours starts
// nothing of others, and leaves that job alone.
func (s System) Replace(t *testing.T) {
	t.Helper()
	if !slices.Contains(s.introspected(t, Systemd)[Systemd.face], "StartUnitReplace") {
		return
	}
	s.makeToy(t, "")
	id := s.foreignJob(t)
	if got := s.Call(t, Manager, Systemd, "StartUnitReplace", "sss", foreign, toy, "replace"); got != Allowed {
		t.Errorf("StartUnitReplace with a unit of ours: %s", got)
	}
	if !s.hasJob(t, id) {
		t.Errorf("the job of %s is gone", foreign)
	}
	if got := s.Call(t, Manager, Systemd, "StartUnitReplace", "sss", foreign, "systemd-logind.service", "replace"); got != Refused {
		t.Errorf("StartUnitReplace with a unit of others is not refused: %s", got)
	}
}

// EndlessTime has a worker that asks for more time again and again, in its start
// and in its stop: its job ends all the same.
func (s System) EndlessTime(t *testing.T) {
	t.Helper()
	for _, unit := range []string{"kresd@1.service", "kresd@canary.service", "kres-policy-loader.service", "kres-component@x.service"} {
		if got := s.property(t, unit, "JobRunningTimeoutUSec"); got == "infinity" || got == "" {
			t.Errorf("a job of %s may take for ever", unit)
		}
	}
	const more = "Type=notify\nTimeoutStartSec=2\nTimeoutStopSec=2\nNotifyAccess=all\nExecStart=\n" +
		"ExecStart=/bin/sh -c 'trap \"\" TERM; %s while :; do systemd-notify EXTEND_TIMEOUT_USEC=3000000; sleep 0.5; done'\n" +
		"[Unit]\nJobRunningTimeoutSec=5\n"
	for _, c := range []struct{ verb, ready, state string }{
		{"start", "", "activating"},
		{"stop", "systemd-notify --ready;", "deactivating"},
	} {
		s.makeToy(t, strings.ReplaceAll(more, "%s", c.ready))
		if c.verb == "stop" {
			s.must(t, "systemctl", "start", toy)
		}
		// It is asked for what the job came to: a job that is not bounded never ends.
		r := s.Sh(t.Context(), "timeout 50 systemctl "+c.verb+" "+toy)
		if r.Code == 0 || !strings.Contains(r.Stderr, "timed out") {
			t.Errorf("the job of a %s did not time out: %d %s", c.verb, r.Code, r.Stderr)
		}
		if got := s.state(t, toy); got != c.state {
			t.Errorf("the unit is %s, want %s: its process did not get more time, which proves nothing", got, c.state)
		}
		s.Sh(t.Context(), "systemctl kill -s KILL "+toy+"; systemctl stop "+toy)
	}
}

func (s System) hasJob(t *testing.T, id string) bool {
	t.Helper()
	for line := range strings.Lines(s.jobs(t)) {
		if f := strings.Fields(line); f[0] == id {
			return true
		}
	}
	return false
}

func (s System) property(t *testing.T, unit, name string) string {
	t.Helper()
	if value, ok := s.Machine.Unit(t.Context(), unit, name)[name]; ok {
		return value
	}
	return strings.TrimSpace(s.must(t, "systemctl", "show", "-p", name, "--value", unit))
}

func (s System) state(t *testing.T, unit string) string {
	t.Helper()
	return s.property(t, unit, "ActiveState")
}
