// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"kresd-manager/internal/message"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// ofThisManager matches messages of the manager that runs: those before had changes of
// the same numbers.
func ofThisManager(t *testing.T) string {
	t.Helper()
	return "_SYSTEMD_INVOCATION_ID=" + strings.TrimSpace(sut.Show(t, "kresd-manager.service", "InvocationID"))
}

// entries are messages of this manager that match, with all their fields.
func entries(t *testing.T, match ...string) (all []map[string]any) {
	t.Helper()
	out := sut.Must(t, append([]string{"journalctl", "-q", "-o", "json", ofThisManager(t)}, match...)...)
	for line := range strings.Lines(out) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, e)
	}
	return all
}

// TestTheJournalHasTheStoryOfAChange reads it as the manager writes it from inside of its
// sandbox, by the fields that an operator would type.
func TestTheJournalHasTheStoryOfAChange(t *testing.T) {
	sut.Fresh(t, basic)
	a := sut.Call(t, "PUT", "/v1/config/logging/level", `"info"`, "Accept", "application/json", "X-Reference-Id", "story-1")
	var r units.Report
	if err := json.Unmarshal([]byte(a.Body), &r); err != nil || a.Code != 200 || r.Entry == 0 {
		t.Fatalf("%d %v %s", a.Code, err, a.Body)
	}
	reference := a.Header.Get("X-Reference-Id")
	story := entries(t, fmt.Sprintf("KRES_CHANGE=%d", r.Entry))
	kinds := map[message.Kind]int{}
	steps := map[string]bool{}
	for _, e := range story {
		kind, _ := e["MESSAGE_ID"].(string)
		kinds[message.Kind(kind)]++
		if e["_SYSTEMD_UNIT"] != "kresd-manager.service" || e["SYSLOG_IDENTIFIER"] != "kresd-manager" || e["_TRANSPORT"] != "journal" || e["PRIORITY"] != "6" {
			t.Errorf("not by the manager, or of another priority: %v", e)
		}
		if e["KRES_REQUEST"] != reference {
			t.Errorf("without the reference of the request: %v", e)
		}
		if e["KRES_UNIT"] != nil {
			steps[fmt.Sprint(e["KRES_STEP"], " ", e["KRES_UNIT"], " ", e["KRES_GENERATION"] == r.Generation)] = true
		}
	}
	if kinds[message.ChangeBegun] != 1 || kinds[message.ChangeApplied] != 1 || kinds[message.StepDone] != len(r.Plan.Steps) {
		t.Errorf("the story of a change with %d steps: %v\n%s", len(r.Plan.Steps), kinds, sut.Must(t, "journalctl", "-q", ofThisManager(t), fmt.Sprintf("KRES_CHANGE=%d", r.Entry)))
	}
	for _, s := range r.Plan.Steps {
		if !steps[fmt.Sprintf("%s %s true", s.Kind, s.Unit)] {
			t.Errorf("%s of %s is missing in %v", s.Kind, s.Unit, steps)
		}
	}
	t.Logf("\n%s", sut.Must(t, "journalctl", "-q", "--no-hostname", ofThisManager(t), fmt.Sprintf("KRES_CHANGE=%d", r.Entry)))

	// What was asked for is in the same story by its reference.
	if got := entries(t, "KRES_REQUEST="+reference, "MESSAGE_ID="+string(message.Request)); len(got) != 1 {
		t.Errorf("the request is told %d times", len(got))
	}

	// A journal that is stopped holds no change up, and none is forgotten.
	journald := strings.TrimSpace(sut.Must(t, "systemctl", "show", "-p", "MainPID", "--value", "systemd-journald.service"))
	if _, err := strconv.Atoi(journald); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "kill", "-STOP", journald)
	t.Cleanup(func() { sut.Exec(t, "kill", "-CONT", journald) })
	sut.Put(t, "/options/minimize", "false")
	sut.Must(t, "kill", "-CONT", journald)
	second := sut.Status(t).LastApply.Entry
	product.Eventually(t, "the journal has the end of the change", func() bool {
		return len(entries(t, fmt.Sprintf("KRES_CHANGE=%d", second), "MESSAGE_ID="+string(message.ChangeApplied))) == 1
	})
	sut.Must(t, "systemctl", "restart", "systemd-journald.service")
	sut.Put(t, "/options/minimize", "true")
	third := sut.Status(t).LastApply.Entry
	product.Eventually(t, "so it has after a restart of the journal", func() bool {
		return len(entries(t, fmt.Sprintf("KRES_CHANGE=%d", third), "MESSAGE_ID="+string(message.ChangeApplied))) == 1
	})

	// A crash is told, with how it came, and the catalog explains it.
	sut.Must(t, "systemctl", "kill", "--signal=SEGV", "kresd@2.service")
	var crash []map[string]any
	product.Eventually(t, "the crash is told", func() bool {
		crash = entries(t, "MESSAGE_ID="+string(message.UnitCrashed), "KRES_UNIT=kresd@2.service")
		return len(crash) > 0
	})
	if text := fmt.Sprint(crash[0]["MESSAGE"]); crash[0]["PRIORITY"] != "3" || !strings.Contains(text, "kresd@2.service ended by itself") {
		t.Errorf("a crash: %v", crash[0])
	}
	sut.Must(t, "journalctl", "--update-catalog") // a package's trigger does it
	said := sut.Must(t, "journalctl", "-q", "-x", "MESSAGE_ID="+string(message.UnitCrashed))
	if !strings.Contains(said, "Defined-By: kresd-manager") || !strings.Contains(said, "journalctl -u kresd@2.service") {
		t.Errorf("journalctl -x: %s", said)
	}
	product.Eventually(t, "the worker is back", func() bool { return sut.Status(t).State == "running" })
}
