// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestWrongUsageIsExit2(t *testing.T) {
	for _, args := range [][]string{{"--no-such-flag"}, {"machine"}} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("demo %v: exit %d, says %q", args, code, stderr.String())
		}
	}
}

func TestChecksNoticeWhatIsWrong(t *testing.T) {
	var workers processes
	if err := workers.seen(2)("12 9\n"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		check  check
		output string
		ok     bool
	}{
		"the words":               {is("1", "2"), " 1\n2\n", true},
		"a word more":             {is("1", "2"), "1 2 3", false},
		"all texts":               {says("a", "b"), "b a", true},
		"one text missing":        {says("a", "b"), "a", false},
		"the right count":         {count(2, "a"), "a a", true},
		"another count":           {count(2, "a"), "a a a", false},
		"the second check fails":  {all(says("a"), count(0, "a")), "a", false},
		"the same processes":      {workers.same, "9 12\n", true},
		"another process":         {workers.same, "9 13\n", false},
		"one process was not new": {workers.renewed, "9 13\n", false},
		"a process is missing":    {workers.renewed, "13\n", false},
	} {
		if err := c.check(c.output); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Last, because it changes what is remembered.
	if err := workers.renewed("14 13\n"); err != nil {
		t.Error(err)
	}
}

// What make pages serves, and its own test opens, is what people are told.
func TestTheAddressOfThePagesIsTold(t *testing.T) {
	var text strings.Builder
	tellKept(newPrinter(&text), "/s")
	if want := "make pages, then http://localhost:8453/ui/"; !strings.Contains(text.String(), want) {
		t.Errorf("%q does not say %q", text.String(), want)
	}
}

func TestTranscriptIsPlainTextOutsideATerminal(t *testing.T) {
	var text strings.Builder
	out := newPrinter(&text)
	out.title("Title")
	out.command("", "one \\\n  two")
	out.output("said\n\nthis\n")
	out.command("ns1", "three")
	const want = "\nTitle\n  # one \\\n  >   two\n  said\n  \n  this\n  ns1# three\n"
	if text.String() != want {
		t.Errorf("printed %q, want %q", text.String(), want)
	}
}
