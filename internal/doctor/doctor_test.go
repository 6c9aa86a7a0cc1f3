// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPolkitsVersions(t *testing.T) {
	for text, want := range map[string]bool{
		"pkaction version 0.105\n": true,
		"pkaction version 0.106\n": false,
		"pkaction version 0.120\n": false,
		"pkaction version 121\n":   false,
		"pkaction version 128\n":   false,
		"":                         false,
	} {
		if got := withoutRules(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestEntriesOfTmpfiles(t *testing.T) {
	got := entries("# comment\nd /run/a 0770 x y -\nf /run/b 0660 x y -\nL /run/c - - - - /d\nd /bad mode x y\n")
	want := []entry{{"/run/a", "x", "y", 0o770}, {"/run/b", "x", "y", 0o660}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); diff != "" {
		t.Error(diff)
	}
}

func TestSocketsThatExcludeEachOther(t *testing.T) {
	for _, c := range []struct {
		held, want string
		both       bool
	}{
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.53", "127.0.0.1", false},
		{"0.0.0.0", "127.0.0.1", true},
		{"0.0.0.0", "::1", false},
		{"::", "127.0.0.1", true},
		{"::", "::1", true},
		{"127.0.0.53", "0.0.0.0", true},
		{"127.0.0.53", "::", false},
		{"::1", "::", true},
	} {
		if got := overlap(netip.MustParseAddr(c.held), netip.MustParseAddr(c.want)); got != c.both {
			t.Errorf("%s is held, %s is wanted: %t", c.held, c.want, got)
		}
	}
}

func TestReportsAreForPrograms(t *testing.T) {
	text, err := json.Marshal(Report{Findings: []Finding{{"a", "w", "y", "m"}}, Checks: []string{"a"}})
	const want = `{"findings":[{"check":"a","what":"w","why":"y","fix":"m"}],"checks":["a"]}`
	if diff := cmp.Diff(want, string(text)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
