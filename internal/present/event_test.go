// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// aChange is the events of a change that is refused, and undone.
func aChange() []units.Event {
	when := time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.Local)
	step := &units.Step{N: 1, Kind: units.Try, Unit: units.Canary, Cause: "worker configuration a → b"}
	return []units.Event{
		{When: when, Kind: units.EventBegin, Cause: "PUT /workers", Plan: &units.Plan{Generation: "3f2a", Steps: []units.Step{*step}}},
		{When: when, Kind: units.EventStep, Step: step},
		{When: when, Kind: units.EventDone, Step: step, Took: units.Seconds(1500 * time.Millisecond)},
		{When: when, Kind: units.EventFailed, Step: step, Error: "it ended\nerror: boom"},
		{When: when, Kind: units.EventRestore},
		{When: when, Kind: units.EventBegin, Change: 18, Who: &units.Who{User: "al\u202eice", UID: new(uint32)}, Cause: "PUT /nsid", Plan: &units.Plan{}},
		{When: when, Kind: units.EventApplied, Change: 18, Cause: "PUT /nsid", Took: units.Seconds(time.Second), Generation: "3f2a"},
		{When: when, Kind: units.EventCrash, Unit: "kresd@1.service", Error: "kresd@1.service crashed\nand is started again"},
		{When: when, Kind: units.EventRefused, Cause: "PUT /workers", Error: "it ended\nerror: boom"},
		{When: when, Kind: units.EventApplied, Cause: "reload\x1b[2J", Took: units.Seconds(time.Second), Generation: "3f2a"},
		{When: when, Kind: units.EventRepaired, Change: 19, Cause: "repair", Took: units.Seconds(time.Second), Generation: "3f2a"},
		{When: when, Kind: units.EventRepaired, Change: 20, Cause: "repair", Error: "restart of kresd@1.service failed\nbut why"},
	}
}

func TestAnEventIsPrintedWithItsTimeAndSteps(t *testing.T) {
	var b strings.Builder
	for _, e := range aChange() {
		if err := Event(&b, e); err != nil {
			t.Fatal(err)
		}
	}
	const want = `12:00:00.007  begin (PUT /workers)
    try the new configuration with a canary, which serves no one (worker configuration a → b)
12:00:00.007    try kresd@canary.service: worker configuration a → b
12:00:00.007    try kresd@canary.service: done in 1.50 s
12:00:00.007    try kresd@canary.service: FAILED: it ended
      error: boom
12:00:00.007  restore
12:00:00.007  begin: change 18 (PUT /nsid, by al\u202eice)
12:00:00.007  change 18 (PUT /nsid): applied in 1.00 s
12:00:00.007  kresd@1.service crashed\nand is started again
12:00:00.007  PUT /workers: FAILED: it ended
12:00:00.007  reload\u001b[2J: applied in 1.00 s
12:00:00.007  change 19 (repair): repaired in 1.00 s
12:00:00.007  change 20 (repair): FAILED: restart of kresd@1.service failed
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAMessageOfAUnitIsOneParagraph(t *testing.T) {
	var b strings.Builder
	l := units.LogLine{When: time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.Local), Unit: "kresd@1.service", Identifier: "kresd", Message: "one\ntwo"}
	if err := LogLine(&b, l); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("Mar 01 12:00:00.007 kresd@1 kresd: one\n    two\n", b.String()); diff != "" {
		t.Error(diff)
	}
}
