// SPDX-License-Identifier: Apache-2.0

package present

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

func TestStatus(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := units.Status{
		State: "degraded", Generation: "3f2a91c0", File: "/etc/knot-resolver/config.yaml", ETag: "b", FileETag: "a", FileNow: "c", Workers: 4,
		Inputs: []units.InputStatus{
			{Path: "/c.pem", Kind: "certificate", Note: "CN=dns.example, until 2027-02-01", State: units.InputCurrent},
			{Path: "/l", Kind: "hosts file", State: units.InputChanged},
			{Path: "/d", Kind: "zone", State: units.InputDegraded},
		},
		LastApply: &units.Report{
			Cause: "PUT /workers", When: now.Add(-5 * time.Minute), Took: units.Seconds(1234 * time.Millisecond),
			Entry: 17, Who: units.Who{Via: units.ViaSocket, UID: new(uint32), User: "root"}, Comment: "more",
			Plan: units.Plan{Steps: []units.Step{{N: 1}}}, Error: "cannot start kresd@3.service: it died\n  log\n  more log",
		},
		Warnings: []string{"memory-max: set, and not enforced"},
		Problems: config.Problems{
			{Pointer: "/management/roles/0/token-file", Message: "/t is not readable", Hint: "chmod 0400 /t", Severity: config.SeverityError},
			{Pointer: "/management/roles/1/users/0", Message: "there is no user x", Hint: "getent passwd x", Severity: config.SeverityWarning},
		},
		Units: []units.UnitStatus{
			{Unit: "kres-policy-loader.service", Active: "active", Sub: "exited", Config: "aa", Current: true, Since: now.Add(-time.Second)},
			{Unit: "kresd@1.service", Role: units.RoleWorker, Wanted: "bb", Active: "active", Sub: "running", Config: "bb", Current: true, PID: 77, Memory: 36<<20 + 1<<19, Since: now.Add(-3 * time.Hour), Restarts: 2},
			{Unit: "kresd@2.service", Role: units.RoleWorker, Wanted: "bb", Active: "active", Sub: "running", Config: "cc", PID: 7777, Memory: 120 << 20, Since: now.Add(-72 * time.Hour)},
			{Unit: "kresd@3.service", Role: units.RoleWorker, Wanted: "bb", Active: "failed", Sub: "failed", Result: "exit-code"},
			{Unit: "kresd@4.service", Role: units.RoleWorker, Wanted: "bb", Active: "activating", Sub: "auto-restart", Result: "signal", Since: now.Add(time.Hour)},
		},
	}
	const want = `▲ degraded · kresd@2 runs an older configuration, and 2 more; 2 of 4 workers serve

last change  17, PUT /workers by root, 5 min ago: more
             FAILED: cannot start kresd@3.service: it died
             log
             more log
             what ran before runs; next: kresctl history show 17
file         /etc/knot-resolver/config.yaml
             edited, not applied: kresctl diff shows what, kresctl reload applies it
             changed over the API, not saved: kresctl config save keeps it
warning      memory-max: set, and not enforced
problem      /management/roles/0/token-file: /t is not readable; chmod 0400 /t
warning      /management/roles/1/users/0: there is no user x; getent passwd x
reads        hosts file /l, changed since
reads        zone /d, degraded

UNIT                STATE               CONFIG   PID   MEMORY  UP      CRASHES
kres-policy-loader  active              current  -     -       1 s     0
kresd@1             active              current  77    36.5M   3 h     2
kresd@2             active              old      7777  120.0M  3 days  0
kresd@3             failed (exit-code)  -        -     -       -       0
kresd@4             auto-restart        -        -     -       -       0
`
	var b strings.Builder
	if err := Status(&b, s, now, StatusOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestHealth: the first line says in one sentence what there is to know.
func TestHealth(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	begun := now.Add(-3 * time.Second)
	worker := func(n int, u units.UnitStatus) units.UnitStatus {
		u.Unit, u.Role, u.Wanted = units.Worker(n), units.RoleWorker, "w"
		return u
	}
	well := units.UnitStatus{Active: "active", Sub: "running", Config: "w", Current: true}
	old := units.UnitStatus{Active: "active", Sub: "running", Config: "v"}
	change := &units.ChangeStatus{
		Cause: "reload", Who: units.Who{UID: new(uint32), User: "root"}, When: now.Add(-time.Minute), Began: &begun,
		Plan:  &units.Plan{Steps: []units.Step{{N: 1, Kind: units.Try, Unit: units.Canary}, {N: 2, Kind: units.Restart, Unit: units.Worker(1)}, {N: 3, Kind: units.Restart, Unit: units.Worker(2)}}},
		Steps: []units.StepStatus{{N: 1, Kind: units.Try, Unit: units.Canary, Done: true}, {N: 2, Kind: units.Restart, Unit: units.Worker(1)}},
	}
	restoring := *change
	restoring.Restoring = &units.Plan{Steps: []units.Step{{N: 1, Kind: units.Restart, Unit: units.Worker(1)}}}
	restoring.Steps = append(slices.Clone(change.Steps), units.StepStatus{N: 1, Kind: units.Restart, Unit: units.Worker(1), Restores: true})
	for want, s := range map[string]units.Status{
		"● running · 2 workers serve":                                                                  {State: "running", Workers: 2, Units: []units.UnitStatus{worker(1, well), worker(2, well)}},
		"● running · 1 worker serves":                                                                  {State: "running", Workers: 1, Units: []units.UnitStatus{worker(1, well)}},
		"▲ degraded · kresd@2 runs an older configuration; 2 workers serve":                            {State: "degraded", Workers: 2, Units: []units.UnitStatus{worker(1, well), worker(2, old)}},
		"▲ degraded · kresd@1 has failed (exit-code), and 1 more; 1 of 2 workers serve":                {State: "degraded", Workers: 2, Units: []units.UnitStatus{worker(1, units.UnitStatus{Active: "failed", Result: "exit-code"}), worker(2, old)}},
		"▲ degraded · kresd@1 is masked; 0 of 1 workers serve":                                         {State: "degraded", Workers: 1, Units: []units.UnitStatus{worker(1, units.UnitStatus{Active: "inactive", Masked: true})}},
		"▲ degraded · a list is broken; 1 worker serves":                                               {State: "degraded", Workers: 1, Units: []units.UnitStatus{worker(1, well)}, Problems: config.Problems{{Message: "a list is broken", Pointer: "/local-data"}}},
		"↻ applying · reload by root for 3 s: step 2 of 3, restart kresd@1":                            {State: "applying", Change: change},
		"↻ applying · reload by root for 3 s: step 2 of 3, restart kresd@1 (2 more wait)":              {State: "applying", Change: change, Queued: 2},
		"↻ applying · reload by root for 3 s: restoring what ran before, step 1 of 1, restart kresd@1": {State: "applying", Change: &restoring},
		"↻ applying · a change is in progress":                                                         {State: "applying"},
		"○ stopped · DNS is not served; systemctl start kresd.target starts it":                        {State: "stopped"},
		"✗ failed · component x has ended":                                                             {State: "failed", Down: "component x has ended"},
		"? unknown · systemd does not answer; what is below is from 11:59:57":                          {State: "unknown", AsOf: begun},
	} {
		var b strings.Builder
		if err := Status(&b, s, now, StatusOptions{}); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(b.String(), "\n"); got != want {
			t.Errorf("it is %q, not %q", got, want)
		}
	}
}

// TestTheFileAndWhatRuns: an edit that waits is another thing than a change that is not saved.
func TestTheFileAndWhatRuns(t *testing.T) {
	const edited, unsaved = "edited, not applied", "changed over the API, not saved"
	for name, c := range map[string]struct {
		s    units.Status
		want []string
	}{
		"nothing differs":                      {units.Status{ETag: "a", FileETag: "a", FileNow: "a"}, nil},
		"edited":                               {units.Status{ETag: "a", FileETag: "a", FileNow: "b"}, []string{edited}},
		"changed over the API":                 {units.Status{ETag: "b", FileETag: "a", FileNow: "a"}, []string{unsaved}},
		"both":                                 {units.Status{ETag: "b", FileETag: "a", FileNow: "c"}, []string{edited, unsaved}},
		"the edit says what runs":              {units.Status{ETag: "b", FileETag: "a", FileNow: "b"}, nil},
		"it is not known what the file holds":  {units.Status{ETag: "b", FileETag: "a"}, []string{unsaved}},
		"the file is broken":                   {units.Status{ETag: "a", FileETag: "a", FileFault: "f.yaml:1:2: no\nmore"}, []string{"cannot be used as it is now: f.yaml:1:2: no; kresctl validate"}},
		"it holds what was not to be for long": {units.Status{ETag: "a", FileETag: "b", FileNow: "b", Undone: 3}, []string{"holds change 3, which was undone"}},
	} {
		got := fileNotes(c.s)
		if len(got) != len(c.want) {
			t.Errorf("%s: %q", name, got)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: %q, want %q", name, got[i], c.want[i])
			}
		}
	}
}

// TestAStatusInColour has styles, but for a stream that may have them alone.
func TestAStatusInColour(t *testing.T) {
	var b strings.Builder
	s := units.Status{State: "running", Workers: 1, Units: []units.UnitStatus{{Unit: "kresd@1.service", Active: "failed", Result: "signal"}}}
	if err := Status(visible.NewWriter(&b), s, time.Now(), StatusOptions{Colored: true}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[1;32m● running\x1b[0m · ", "\x1b[1;31mfailed (signal)\x1b[0m"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q lacks %q", b.String(), want)
		}
	}
}
