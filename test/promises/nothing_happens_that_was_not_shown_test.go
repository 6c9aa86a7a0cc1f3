// SPDX-License-Identifier: Apache-2.0

package promises

import (
	"encoding/json"
	"maps"
	"testing"

	"kresd-manager/units"
)

// Nothing happens that was not shown. A dry run prints the plan that is then carried out,
// and touches nothing.
func TestNothingHappensThatWasNotShown(t *testing.T) {
	sut.Fresh(t, three)
	for _, change := range [][2]string{
		{"/nsid", `"a"`}, {"/workers", "2"}, {"/local-data/addresses/other.example", `"192.0.2.2"`}, {"/cache/garbage-collector/enable", "false"}, {"/workers", "2"},
	} {
		before, etag := sut.PIDs(t), sut.Status(t).ETag
		a := sut.Call(t, "PUT", "/v1/config"+change[0]+"?dry-run", change[1], "Accept", "application/json")
		var shown units.Report
		if err := json.Unmarshal([]byte(a.Body), &shown); err != nil || a.Code != 200 {
			t.Fatalf("%d %v %s", a.Code, err, a.Body)
		}
		if now := sut.PIDs(t); !maps.Equal(before, now) || sut.Status(t).ETag != etag {
			t.Errorf("a dry run of %v changes something", change)
		}
		if done := sut.Put(t, change[0], change[1]); done.String() != shown.Plan.String() {
			t.Errorf("%v: shown was\n%s\nand done\n%s", change, shown.Plan, done)
		}
	}
}
