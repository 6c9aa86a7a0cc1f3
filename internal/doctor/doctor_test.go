// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"net/netip"
	"strings"
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

func TestReportsAreForPeople(t *testing.T) {
	var b strings.Builder
	r := Report{Findings: []Finding{{"a", "w", "y", "m"}, {"b", "w2", "y2", "m2"}}, Unseen: []string{"c: d"}, Checks: []string{"a", "b"}}
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "a: w\n  why   y\n  mend  m\n\nb: w2\n  why   y2\n  mend  m2\nnot looked at: c: d\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := (Report{Checks: []string{"a", "b"}}).Write(&b); err != nil || b.String() != "nothing is wrong: 2 checks\n" {
		t.Errorf("%v %q", err, b.String())
	}
}
