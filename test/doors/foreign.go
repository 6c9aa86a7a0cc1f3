// SPDX-License-Identifier: Apache-2.0

package doors

import (
	"context"
	"strings"
	"testing"

	"kresd-manager/test/machine"
)

// foreign is a unit that is not ours, and that takes long to start.
const foreign = "foreign-slow.service"

// foreignJob queues a job that is not ours and that does not end while the test
// runs, and returns its number.
func (s System) foreignJob(t *testing.T) (id string) {
	t.Helper()
	const unit = "[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity\n"
	if err := s.WriteFile("/run/systemd/system/"+foreign, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must(t, "systemctl", "daemon-reload")
	s.must(t, "systemctl", "start", "--no-block", foreign)
	s.afterwards(t, "systemctl stop "+foreign+"; rm -f /run/systemd/system/"+foreign+"; systemctl daemon-reload")
	for line := range strings.Lines(s.jobs(t)) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == foreign {
			return f[0]
		}
	}
	t.Fatalf("%s has no job", foreign)
	return ""
}

// afterwards runs a script when the test ends.
func (s System) afterwards(t *testing.T, script string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if r := s.Sh(ctx, script); r.Code != 0 {
			t.Errorf("%s: %s", script, r.Stderr)
		}
	})
}

// jobs lists what is queued.
func (s System) jobs(t *testing.T) string {
	t.Helper()
	return s.must(t, "systemctl", "list-jobs", "--no-legend", "--no-pager")
}

// states are invocation and process of what must not be acted upon.
func (s System) states(t *testing.T) []string {
	t.Helper()
	r := s.Run(t.Context(), machine.Cmd{Args: []string{"systemctl", "show", "-p", "Id,InvocationID,MainPID,FreezerState,Job",
		"kresd@1.service", "kresd@2.service", "kres-gc.service", "kres-policy-loader.service", "kresd.target", "kresd-manager.socket",
		"kresd-manager.service", "dbus.service", "systemd-logind.service", foreign}})
	return strings.Split(strings.TrimSpace(r.Stdout), "\n")
}
