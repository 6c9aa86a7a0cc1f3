// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/doors"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// polkit does not see the mode of a job. What follows holds what comes of it.
func TestModesOfJobs(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
	s := doors.System{Machine: sut.Machine}
	t.Run("every verb and mode", s.Modes)
	t.Run("flush", s.Flush)
	t.Run("replace", s.Replace)
	t.Run("more and more time", s.EndlessTime)
}

// TestAShutdown is about one that the manager's user wants to prevent. It takes a
// machine that ends.
func TestAShutdown(t *testing.T) {
	s := doors.System{Machine: machine.Start(t, product.Options(sut.Layer, basic))}
	sh := func(script string) string {
		t.Helper()
		r := s.Sh(t.Context(), script)
		if r.Code != 0 {
			t.Fatalf("%s: exit %d\n%s%s", script, r.Code, r.Stdout, r.Stderr)
		}
		return r.Stdout
	}
	const hang = "[Service]\nType=oneshot\nExecStart=\nExecStart=/bin/sleep infinity\n"
	if err := s.WriteFile("/run/systemd/system/kres-policy-loader.service.d/hang.conf", []byte(hang), 0o644); err != nil {
		t.Fatal(err)
	}
	const stubborn = "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nTimeoutStopSec=300\n"
	if err := s.WriteFile("/run/systemd/system/stubborn.service", []byte(stubborn), 0o644); err != nil {
		t.Fatal(err)
	}
	sh("systemctl daemon-reload; systemctl start stubborn.service")

	// A job that does not make way: systemd refuses the shutdown while it is
	// pending, whoever asks. This is a limit of systemd.
	if got := s.Call(t, doors.Manager, doors.Systemd, "StartUnit", "ss", "kres-policy-loader.service", "replace-irreversibly"); got != doors.Allowed {
		t.Fatalf("replace-irreversibly: %s", got)
	}
	if r := s.Sh(t.Context(), "systemctl poweroff"); !strings.Contains(r.Stderr, "destructive") {
		t.Fatalf("a shutdown goes on beside an irreversible job: tell in SECURITY.md\n%d %s%s", r.Code, r.Stdout, r.Stderr)
	}
	// It is seen and ended as SECURITY.md says. The job that our own code queues
	// makes way by itself.
	if jobs := sh("systemctl list-jobs"); !strings.Contains(jobs, "kres-policy-loader.service") {
		t.Errorf("the job is not seen:\n%s", jobs)
	}
	sh("systemctl stop kresd-manager.socket kresd-manager.service")
	sh("systemctl cancel")
	if jobs := sh("systemctl list-jobs"); strings.Contains(jobs, "kres-policy-loader.service") {
		t.Errorf("the job is still there:\n%s", jobs)
	}
	sh("systemctl stop kres-policy-loader.service")
	if got := s.Call(t, doors.Manager, doors.Systemd, "StartUnit", "ss", "kres-policy-loader.service", "replace"); got != doors.Allowed {
		t.Fatalf("replace: %s", got)
	}
	sh("systemctl poweroff")

	// A shutdown that has begun is beyond reach: bus and polkit are gone with the
	// first to go.
	product.Eventually(t, "the bus has ended", func() bool {
		return s.Sh(t.Context(), "! systemctl is-active dbus.service").Code == 0
	})
	for _, mode := range []string{"flush", "replace-irreversibly"} {
		if got := s.Call(t, doors.Manager, doors.Systemd, "StopUnit", "ss", "kresd@7.service", mode); !strings.HasPrefix(got, "no answer") {
			t.Errorf("%s in a shutdown: %s", mode, got)
		}
	}
	if jobs := sh("systemctl list-jobs"); !strings.Contains(jobs, "poweroff.target") || !strings.Contains(jobs, "stubborn.service") {
		t.Errorf("the shutdown does not go on:\n%s", jobs)
	}
}
