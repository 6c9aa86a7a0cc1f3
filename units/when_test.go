// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"
	"time"
)

func TestAMomentIsReadAsPeopleWriteIt(t *testing.T) {
	zone := time.FixedZone("X", 2*3600)
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, zone)
	for typed, want := range map[string]string{
		"2026-03-01": "2026-03-01T00:00:00+02:00", "2026-03-01 14:30": "2026-03-01T14:30:00+02:00", "2026-03-01 14:30:05": "2026-03-01T14:30:05+02:00",
		"2026-03-01T14:30:05Z": "2026-03-01T14:30:05Z", "14:30": "2026-03-10T14:30:00+02:00", "now": "2026-03-10T12:00:00+02:00",
		"today": "2026-03-10T00:00:00+02:00", "Yesterday": "2026-03-09T00:00:00+02:00", "2h": "2026-03-10T10:00:00+02:00", "90m ago": "2026-03-10T10:30:00+02:00",
		"-2h": "2026-03-10T10:00:00+02:00", "3d": "2026-03-07T12:00:00+02:00", "1w": "2026-03-03T12:00:00+02:00", "@0": "1970-01-01T02:00:00+02:00",
	} {
		if got, err := ParseWhen(typed, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v, want %s", typed, got.Format(time.RFC3339), err, want)
		}
	}
	for _, typed := range []string{"", "soon", "2026-13-01", "25:00", "3", "d", "-d", "99999999999999999999d", "9999999d"} {
		if got, err := ParseWhen(typed, now); err == nil || !strings.Contains(err.Error(), "is not a time; write it as") {
			t.Errorf("%q is %s, %v", typed, got, err)
		}
	}
}

func TestChangesAreSelected(t *testing.T) {
	root, alice := uint32(0), uint32(1000)
	at := func(hour int) time.Time { return time.Date(2026, 3, 10, hour, 0, 0, 0, time.UTC) }
	h := History{Entries: []Entry{
		{ID: 3, When: at(14), Who: Who{Via: ViaSocket, UID: &root, User: "root", LoginUID: &alice, Login: "alice"}},
		{ID: 2, When: at(13), Who: Who{Via: ViaSocket, UID: &root, User: "root"}},
		{ID: 1, When: at(12), Who: Who{Via: ViaStart}},
	}}
	for _, c := range []struct {
		since, until time.Time
		by           string
		want         []int
	}{
		{time.Time{}, time.Time{}, "", []int{3, 2, 1}}, {at(13), time.Time{}, "", []int{3, 2}}, {time.Time{}, at(13), "", []int{2, 1}},
		{time.Time{}, time.Time{}, "alice", []int{3}}, {time.Time{}, time.Time{}, "1000", []int{3}}, {time.Time{}, time.Time{}, "root", []int{3, 2}},
		{time.Time{}, time.Time{}, "start", []int{1}}, {time.Time{}, time.Time{}, "bob", nil},
	} {
		var got []int
		for _, e := range h.Select(c.since, c.until, c.by).Entries {
			got = append(got, e.ID)
		}
		if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
			t.Errorf("%v %v %q: %v, want %v", c.since, c.until, c.by, got, c.want)
		}
	}
}

func TestWhoIsNamed(t *testing.T) {
	root, alice := uint32(0), uint32(1000)
	for want, who := range map[string]Who{
		"root":               {UID: &root, User: "root"},
		"alice (as root)":    {UID: &root, User: "root", LoginUID: &alice, Login: "alice"},
		"alice":              {UID: &alice, User: "alice", LoginUID: &alice, Login: "alice"},
		"uid 1000 (as root)": {UID: &root, User: "root", LoginUID: &alice},
		"start":              {Via: ViaStart},
	} {
		if got := who.String(); got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}
