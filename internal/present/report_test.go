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

func TestAReportTellsWhatWasDone(t *testing.T) {
	by := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	plan := units.Plan{Steps: []units.Step{{N: 1, Kind: units.Start, Unit: units.Worker(3), Cause: "is not there"}}}
	const step, nothing = "start worker 3 (is not there)\n", "nothing to do: the live system is as configured\n"
	const detail = "1 step to generation \n  1  start    kresd@3.service             is not there\n"
	diff := config.Diff{Changes: []config.Change{{Op: config.OpAdd, Pointer: "/systemd/soak", New: []byte(`"1s"`)}}}
	for name, c := range map[string]struct {
		report units.Report
		want   string
	}{
		"done": {units.Report{Plan: plan, Generation: "3f2a", Took: units.Seconds(310 * time.Millisecond)}, step + "applied in 0.31 s\n"},
		"with its way back": {units.Report{Plan: plan, Generation: "3f2a", Entry: 17, Undo: 16, Unsaved: true, Diff: diff}, step + "applied in 0.00 s as change 17\n" +
			"undo: kresctl rollback 16\nkeep: kresctl config save, or the next reload drops it\n"},
		"nothing, with a number":       {units.Report{Generation: "3f2a", Entry: 17, Undo: 16, Unsaved: true}, nothing},
		"from the file":                {units.Report{Plan: plan, Generation: "3f2a", Entry: 17, Undo: 16, Diff: diff}, step + "applied in 0.00 s as change 17\nundo: kresctl rollback 16\n"},
		"no process needs the value":   {units.Report{Generation: "3f2a", Entry: 17, Undo: 16, Unsaved: true, Diff: diff}, "saved; nothing needs to restart (change 17)\nundo: kresctl rollback 16\nkeep: kresctl config save, or the next reload drops it\n"},
		"nor that from the file":       {units.Report{Generation: "3f2a", Entry: 17, Undo: 16, Diff: diff}, "applied; nothing needs to restart (change 17)\nundo: kresctl rollback 16\n"},
		"a dry run of that":            {units.Report{Generation: "3f2a", DryRun: true, Diff: diff}, "+ /systemd/soak: 1s\nnothing needs to restart\n"},
		"-v, done":                     {units.Report{Plan: plan, Generation: "3f2a"}, detail + "applied in 0.00 s\n"},
		"-v, a dry run":                {units.Report{Plan: plan, Generation: "3f2a", DryRun: true}, detail},
		"nothing to do":                {units.Report{Generation: "3f2a"}, nothing},
		"a dry run":                    {units.Report{Plan: plan, Generation: "3f2a", DryRun: true, Interrupts: []string{"slow"}}, step + "note: slow\n"},
		"files that were taken over":   {units.Report{Generation: "3f2a", Taken: []string{"certificate /c"}}, nothing + "certificate /c\n"},
		"to be confirmed":              {units.Report{Generation: "3f2a", ConfirmBy: &by}, nothing + "unless kresctl confirm comes by 2026-03-01 12:00:00, this is undone\n"},
		"a manager that tells nothing": {units.Report{}, "done\n"},
	} {
		var b strings.Builder
		if err := Report(&b, c.report, strings.HasPrefix(name, "-v")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
