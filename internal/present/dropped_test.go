// SPDX-License-Identifier: Apache-2.0

package present

import (
	"testing"

	"kresd-manager/units"
)

func TestAStopSaysWhatItDrops(t *testing.T) {
	s := units.Status{File: "/c.yaml", ETag: "b", FileETag: "a"}
	h := units.History{Entries: []units.Entry{{ID: 9}, {ID: 8, Running: true}, {ID: 7}}}
	const begin, end = "note: what ran differs from /c.yaml, which the next start reads; after that start ", " brings it back, and kresctl config save writes it into the file\n"
	if got := Dropped(s, h); got != begin+"kresctl rollback 8"+end {
		t.Errorf("%q", got)
	}
	if got := Dropped(s, units.History{}); got != begin+"kresctl history"+end {
		t.Errorf("without a history: %q", got)
	}
	s.ETag = "a"
	if got := Dropped(s, h); got != "" {
		t.Errorf("what runs is in the file: %q", got)
	}
	s.FileETag = ""
	if got := Dropped(s, h); got != "" {
		t.Errorf("a manager that does not tell: %q", got)
	}
}
