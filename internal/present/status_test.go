// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

func TestStatus(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := units.Status{
		State: "degraded", Generation: "3f2a91c0", File: "/etc/knot-resolver/config.yaml", FileDiffers: true,
		Inputs: []units.InputStatus{
			{Path: "/c.pem", Kind: "certificate", Note: "CN=dns.example, until 2027-02-01", State: units.InputCurrent},
			{Path: "/l", Kind: "hosts file", State: units.InputChanged},
			{Path: "/d", Kind: "zone", State: units.InputDegraded},
		},
		LastApply: &units.Report{
			Cause: "PUT /workers", When: now.Add(-5 * time.Minute), Took: units.Seconds(1234 * time.Millisecond),
			Plan: units.Plan{Steps: []units.Step{{N: 1}}}, Error: "cannot start kresd@3.service: it died\n  log\n  more log",
		},
		Warnings: []string{"memory-max: set, and not enforced"},
		Problems: config.Problems{
			{Pointer: "/management/roles/0/token-file", Message: "/t is not readable", Hint: "chmod 0400 /t", Severity: config.SeverityError},
			{Pointer: "/management/roles/1/users/0", Message: "there is no user x", Hint: "getent passwd x", Severity: config.SeverityWarning},
		},
		Units: []units.UnitStatus{
			{Unit: "kres-policy-loader.service", Active: "active", Sub: "exited", Config: "aa", Current: true, Since: now.Add(-time.Second)},
			{Unit: "kresd@1.service", Active: "active", Sub: "running", Config: "bb", Current: true, PID: 77, Memory: 36<<20 + 1<<19, Since: now.Add(-3 * time.Hour), Restarts: 2},
			{Unit: "kresd@2.service", Active: "active", Sub: "running", Config: "cc", PID: 7777, Memory: 120 << 20, Since: now.Add(-72 * time.Hour)},
			{Unit: "kresd@3.service", Active: "failed", Sub: "failed", Result: "exit-code"},
			{Unit: "kresd@4.service", Active: "activating", Sub: "auto-restart", Result: "signal", Since: now.Add(time.Hour)},
		},
	}
	const want = `state       degraded
file        /etc/knot-resolver/config.yaml (what runs differs from it: it was changed since)
generation  3f2a91c0
warning     memory-max: set, and not enforced
problem     /management/roles/0/token-file: /t is not readable; chmod 0400 /t
warning     /management/roles/1/users/0: there is no user x; getent passwd x
reads       certificate /c.pem (CN=dns.example, until 2027-02-01)
reads       hosts file /l, changed since
reads       zone /d, degraded
last apply  5 min ago (2026-03-01 11:55:00): PUT /workers, 1 step in 1.23 s, FAILED: cannot start kresd@3.service: it died
            log
            more log

UNIT                        STATE                      CONFIG  PID   MEMORY     SINCE                                RESTARTS
kres-policy-loader.service  active (exited)            ✓       -     -          1 s ago (2026-03-01 11:59:59)        0
kresd@1.service             active                     ✓       77    36.5 MiB   3 h ago (2026-03-01 09:00:00)        2
kresd@2.service             active                     cc      7777  120.0 MiB  3 days ago (2026-02-26 12:00:00)     0
kresd@3.service             failed (exit-code)         -       -     -          -                                    0
kresd@4.service             activating (auto-restart)  -       -     -          in the future (2026-03-01 13:00:00)  0
`
	var b strings.Builder
	if err := Status(&b, s, now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
