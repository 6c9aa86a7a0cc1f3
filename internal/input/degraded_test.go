// SPDX-License-Identifier: Apache-2.0

package input

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

var sources = []units.Input{
	{Pointer: "/local-data/addresses-files/0", Path: "/list", Kind: "hosts file", Use: units.UseRules},
	{Pointer: "/local-data/rpz/0/file", Path: "/zone", Kind: "zone", Use: units.UseRules},
	{Pointer: "/network/tls/cert-file", Path: "/cert", Kind: units.KindCertificate, Use: units.UseRenew},
}

func TestTheReportOfThePolicyLoaderIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sources")
	read := func(text string) []units.Degraded {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Degraded(path, "abc", sources)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := read("rules abc\n/local-data/rpz/0/file 1767322800 /zone:4: invalid record data\n/local-data/addresses-files/0 0 /list: No such file or directory\n")
	want := []units.Degraded{
		{Input: sources[1], Problem: "/zone:4: invalid record data", Copy: time.Unix(1767322800, 0)},
		{Input: sources[0], Problem: "/list: No such file or directory"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{
		"other rules":             "rules abcd\n/local-data/rpz/0/file 0 x\n",
		"nothing":                 "",
		"another key":             "rules abc\n/local-data/rpz/1/file 0 x\n",
		"what is no source":       "rules abc\n/network/tls/cert-file 0 x\n",
		"a time that is none":     "rules abc\n/local-data/rpz/0/file now x\n",
		"a time before all times": "rules abc\n/local-data/rpz/0/file -5 x\n",
		"a line without an end":   "rules abc\n" + strings.Repeat("x", maxReport+10),
	} {
		if got := read(text); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The workers' user writes the report.
func TestAHostileReportIsNoMoreThanWords(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sources")
	if got, err := Degraded(path, "abc", sources); err != nil || got != nil {
		t.Errorf("without one: %v, %v", got, err)
	}
	text := "rules abc\n" + strings.Repeat("/local-data/rpz/0/file 0 \x1b]0;x\x07\xff"+strings.Repeat("y", 4000)+"\n", 10)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Degraded(path, "abc", sources)
	if err != nil || len(got) > len(sources) {
		t.Fatalf("%d lines, %v", len(got), err)
	}
	if p := got[0].Problem; len(p) > maxProblem+10 || strings.ContainsAny(p, "\x1b\x07") || !utf8.ValidString(p) {
		t.Errorf("%q", p)
	}
	link, fifo := filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Degraded(link, "abc", sources); err == nil || !strings.Contains(err.Error(), "symbolic links") {
		t.Errorf("a link: %v", err)
	}
	if _, err := Degraded(fifo, "abc", sources); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a FIFO: %v", err)
	}
}

func TestWhatCouldNotBeLoadedWasNotRead(t *testing.T) {
	l := NewLedger()
	bad := holds(noon, "bad", "b", "c")
	carry(l, bad, start...)
	live := running("1", noon)
	live.Degraded = []units.Degraded{{Input: list}}
	l.Fill(live, inputs, bad)
	if got := live.Refused[units.PolicyLoader][list.Path]; got != "bad" {
		t.Errorf("what was refused is %q", got)
	}
	if !live.Known(list) || len(live.Stale(units.PolicyLoader, units.UseRules, inputs, false)) != 1 {
		t.Errorf("the list counts as read: %v", live.Read)
	}
	good := holds(noon, "good", "b", "c")
	l.Fill(live, inputs, good)
	if live.Known(list) {
		t.Error("another content is not told to be degraded")
	}
	carry(l, good, load)
	live.Degraded = nil
	l.Fill(live, inputs, good)
	if len(live.Stale(units.PolicyLoader, units.UseRules, inputs, false)) != 0 || live.Refused[units.PolicyLoader] != nil {
		t.Errorf("after it was loaded: %v %v", live.Read, live.Refused)
	}
}
