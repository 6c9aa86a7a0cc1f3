// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

func TestAReportTellsWhatWasDone(t *testing.T) {
	by := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	plan := units.Plan{Steps: []units.Step{{N: 1, Kind: units.Start, Unit: units.Worker(3), Cause: "is not there"}}}
	const step, nothing = "1 step to generation \n  1  start    kresd@3.service             is not there\n", "nothing to do: the live system is as configured\n"
	for name, c := range map[string]struct {
		report units.Report
		want   string
	}{
		"done":                         {units.Report{Plan: plan, Generation: "3f2a", Took: units.Seconds(310 * time.Millisecond)}, step + "applied in 0.31 s, generation 3f2a\n"},
		"nothing to do":                {units.Report{Generation: "3f2a"}, nothing},
		"a dry run":                    {units.Report{Plan: plan, Generation: "3f2a", DryRun: true, Interrupts: []string{"slow"}}, step + "note: slow\n"},
		"files that were taken over":   {units.Report{Generation: "3f2a", Taken: []string{"certificate /c"}}, nothing + "certificate /c\n"},
		"to be confirmed":              {units.Report{Generation: "3f2a", ConfirmBy: &by}, nothing + "unless kresctl confirm comes by 2026-03-01 12:00:00, this is undone\n"},
		"a manager that tells nothing": {units.Report{}, "done\n"},
	} {
		var b strings.Builder
		if err := Report(&b, c.report); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
