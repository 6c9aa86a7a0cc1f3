// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const document = `# Title

## First

Text.

<!-- run: echo hidden -->

~~~yaml
# /etc/x.yaml
workers: 2
~~~

~~~console
$ cat <<END
> one
> END
one
$ false # exits with 1
$ date
2026-11-28 12:00:00
…
~~~

## Second
<!-- tested by TestUpgrade in test/packages -->

~~~yaml
not: a file
~~~
`

// fenced is a document with its fences.
func fenced(text string) string { return strings.ReplaceAll(text, "~~~", "```") }

func TestADocumentIsReadInOrder(t *testing.T) {
	got, err := Parse(fenced(document))
	if err != nil {
		t.Fatal(err)
	}
	want := []Section{
		{Title: "First", Steps: []Step{
			{Line: 7, Command: "echo hidden", Hidden: true},
			{Line: 10, Path: "/etc/x.yaml", Text: "workers: 2\n"},
			{Line: 15, Command: "cat <<END\none\nEND", Output: "one"},
			{Line: 19, Command: "false", Exit: 1},
			{Line: 20, Command: "date", Output: "2026-11-28 12:00:00\n…"},
		}},
		{Title: "Second", Test: "TestUpgrade", In: "test/packages"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Step{})); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoTranscriptIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"## A\n~~~console\noutput\n~~~\n": "line 3: output without a command",
		"## A\n~~~console\n$ true\n":      "line 2: the fence has no end",
	} {
		if _, err := Parse(fenced(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestAnUpdateReplacesOutputsAndNothingElse(t *testing.T) {
	text := fenced(document)
	sections, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	got := Update(text, sections, map[int]string{15: "two\nlines\n", 19: "said\n", 20: ""})
	want := strings.NewReplacer("> END\none\n", "> END\ntwo\nlines\n", "exits with 1\n", "exits with 1\nsaid\n", "2026-11-28 12:00:00\n…\n", "").Replace(text)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := Update(text, sections, nil); got != text {
		t.Error("an update of nothing changes the document")
	}
}

func TestAnOutputMatchesButForWhatVaries(t *testing.T) {
	for _, c := range []struct {
		document, output string
		want             bool
	}{
		{"", "", true},
		{"", "x\n", false},
		{"x", "", false},
		{"applied in 0.36 s, generation af265b3bf5121f3c", "applied in 1.20 s, generation 0011223344556677\n", true},
		{"applied in 0.36 s, generation af265b3bf5121f3c", "refused in 1.20 s, generation 0011223344556677\n", false},
		{"2026-11-21 21:49:49  18.5 MiB", "2027-01-01 00:00:00 7 MiB", true},
		{"18.5M  36 s  0", "120.0M  3 days  0", true},
		{"workers: 2", "workers: 3", false},
		{"a\n…\nc", "a\nc", true},
		{"a\n…\nc", "a\nb\nb\nc", true},
		{"a\n…\nc", "a\nb", false},
		{"kresd@1.service … active", "kresd@1.service  17 active", true},
		{"kresd@1.service … active", "kresd@1.service  17 failed", false},
		{"a (b)", "a (b)", true},
		{"kresd@1.service active 333 18 MiB", "kresd@1.service active 12 7 MiB", true},
		{"kresd@1.service active 333 18 MiB", "kresd@2.service active 333 18 MiB", false},
		{"as change 2; kresctl rollback 1", "as change 17; kresctl rollback 16", true},
		{"*3 2026-02-03 04:05:06 root applied", " 12 2026-02-03 04:05:07 root applied", true},
		{"3 workers", "4 workers", false},
	} {
		if got := Matches(c.document, c.output); got != c.want {
			t.Errorf("%q and %q: %t", c.document, c.output, got)
		}
	}
}
