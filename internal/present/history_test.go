// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/api/wire"
	"kresd-manager/units"
)

func TestTheHistoryIsALineForEachChange(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	uid := uint32(0)
	h := units.History{
		Waiting: &units.Waiting{Entry: 3, By: now.Add(90 * time.Second)},
		Entries: []units.Entry{
			{ID: 3, When: now, Who: units.Who{Via: units.ViaSocket, UID: &uid, User: "root"}, Generation: "3f2a", Outcome: units.OutcomeApplied, Cause: "PUT /workers", Comment: "more\npeople", Running: true},
			{ID: 2, When: now.Add(-time.Hour), Who: units.Who{Via: units.ViaStart}, Outcome: units.OutcomeFailed, Cause: "start"},
		},
	}
	const want = `change 3 waits: unless kresctl confirm comes by 2026-03-01 12:01:30 (in 1m30s) it is undone
CHANGE  WHEN                 WHO    OUTCOME  WHAT
*3      2026-03-01 12:00:00  root   applied  PUT /workers (more\npeople)
 2      2026-03-01 11:00:00  start  failed   start
`
	var b strings.Builder
	if err := History(&b, h, now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAChangeIsShownWithAllThatIsKnownOfIt(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	uid := uint32(7)
	who := units.Who{Via: units.ViaSocket, UID: &uid, User: "alice", Request: "0f"}
	e := wire.HistoryEntry{Entry: units.Entry{
		ID: 3, When: now, Who: who, Generation: "3f2a", ETag: "e", Outcome: units.OutcomeFailed, Cause: "reload", Comment: "c",
		Error: "it ended\nboom", ConfirmBy: &now, Confirmed: &now, ConfirmedBy: &who, Running: true,
	}, Missing: "it is gone"}
	const want = `change         3
when           2026-03-01 12:00:00
who            alice (uid 7)
request        0f
what           reload
comment        c
generation     3f2a
etag           e
outcome        failed, runs
error          it ended
               boom
confirm by     2026-03-01 12:00:00
confirmed      2026-03-01 12:00:00 by alice
cannot return  it is gone

nothing differs
`
	var b strings.Builder
	if err := Entry(&b, e, now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
