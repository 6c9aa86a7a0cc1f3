// SPDX-License-Identifier: Apache-2.0

package doors

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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
	if err := s.WaitUnit(t.Context(), foreign, "activating"); err != nil { // what it is then stays
		t.Fatal(err)
	}
	s.afterwards(t, "systemctl stop "+foreign+"; rm -f /run/systemd/system/"+foreign+"; systemctl daemon-reload")
	// What the manager still does to our own units, as a repair, is not what is held.
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if f := strings.Fields(s.jobs(t)); len(f) == 4 && f[1] == foreign {
			return f[0]
		}
	}
	t.Fatalf("%s has no job, or is not alone:\n%s", foreign, s.jobs(t))
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

// jobs lists what is queued: number, unit, type and state, a job a line.
func (s System) jobs(t *testing.T) string {
	t.Helper()
	all, err := s.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, j := range all {
		fmt.Fprintln(&lines, j.ID, j.Unit, j.Type, j.State)
	}
	return lines.String()
}

// states are invocation and process of what must not be acted upon.
func (s System) states(t *testing.T) []string {
	t.Helper()
	r := s.Run(t.Context(), machine.Cmd{Args: []string{"systemctl", "show", "-p", "Id,InvocationID,MainPID,FreezerState,Job",
		"kresd@1.service", "kresd@2.service", "kres-gc.service", "kres-policy-loader.service", "kresd.target", "kresd-manager.socket",
		"kresd-manager.service", "dbus.service", login, foreign}})
	return strings.Split(strings.TrimSpace(r.Stdout), "\n")
}
