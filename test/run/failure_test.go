// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// said is an outcome of a package in a folder with a file of tests.
func said(t *testing.T, pack, stream string) *outcome {
	t.Helper()
	dir := t.TempDir()
	write(t, dir+"/a_test.go", "\n\n\tt.Logf(\n\tt.Errorf(\n")
	o := &outcome{pack: pack, dir: dir, log: "all.log"}
	if err := read(strings.NewReader(stream), o.add); err != nil {
		t.Fatal(err)
	}
	return o
}

// told are failures, one a line.
func told(all []failure) string {
	var lines []string
	for _, f := range all {
		lines = append(lines, f.name+": "+f.first)
	}
	return strings.Join(lines, "\n")
}

const stream = `{"Action":"output","Output":"booted e2e-1 in 1.5 s\n"}
{"Action":"run","Test":"TestA"}
{"Action":"output","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"run","Test":"TestA/bad/or worse"}
{"Action":"output","Test":"TestA/bad/or worse","Output":"    a_test.go:3: only a log\n"}
{"Action":"output","Test":"TestA/bad/or worse","Output":"    a_test.go:4: \n"}
{"Action":"output","Test":"TestA/bad/or worse","Output":"        the reason\n"}
{"Action":"output","Test":"TestA/bad/or worse","Output":"    --- FAIL: TestA/bad/or worse (0.00s)\n"}
{"Action":"fail","Test":"TestA/bad/or worse","Elapsed":2}
{"Action":"run","Test":"TestA/good/or better"}
{"Action":"pass","Test":"TestA/good/or better","Elapsed":1}
{"Action":"output","Test":"TestA","Output":"    system.go:9: the journal\n"}
{"Action":"fail","Test":"TestA","Elapsed":3}
{"Action":"run","Test":"TestB"}
{"Action":"output","Test":"TestB","Output":"    boot.go:9: booted x-2 in 0.5 s\n"}
{"Action":"pass","Test":"TestB","Elapsed":1}
{"Action":"run","Test":"TestC"}
{"Action":"output","Test":"TestC","Output":"    a_test.go:4: no systemd\n"}
{"Action":"skip","Test":"TestC"}
no event at all
`

func TestWhatFailedIsPrintedOnceWithItsReason(t *testing.T) {
	o := said(t, "test/e2e", stream)
	o.err = errors.New("exit status 1")
	want := "test/e2e.TestA/bad/or worse: a_test.go:4: the reason\ntest/e2e.TestC: was skipped: a_test.go:4: no systemd"
	if got := told(o.failures(nil)); got != want {
		t.Errorf("failures:\n%s\nwant:\n%s", got, want)
	}
	if said := o.failures(nil)[0].said; len(said) != 4 || said[3] != "    system.go:9: the journal" {
		t.Errorf("said: %q", said)
	}
	if len(o.boots) != 2 || o.boots[0] != 1500*time.Millisecond {
		t.Errorf("boots: %v", o.boots)
	}
	if got := strings.Join(o.said, "|"); got != "booted e2e-1 in 1.5 s|no event at all" {
		t.Errorf("said beside the tests: %s", got)
	}
}

func TestASkippedUnitTestHasNotFailed(t *testing.T) {
	o := said(t, "units", `{"Action":"run","Test":"TestC"}
{"Action":"skip","Test":"TestC"}`)
	if got := told(o.failures(nil)); got != "" {
		t.Errorf("failures: %s", got)
	}
}

func TestAProgramThatEndsEarlyHasFailed(t *testing.T) {
	const passed = `{"Action":"run","Test":"TestA"}
{"Action":"pass","Test":"TestA"}
{"Action":"run","Test":"TestB"}
{"Action":"pass","Test":"TestB"}
{"Action":"run","Test":"TestC"}
{"Action":"pass","Test":"TestC"}
`
	for name, c := range map[string]struct{ stream, want string }{
		"in a test": {`{"Action":"run","Test":"TestA"}
{"Action":"run","Test":"TestA/in"}
{"Action":"output","Test":"TestA/in","Output":"panic: gone\n"}`,
			"test/e2e.TestA/in: did not end: panic: gone\ntest/e2e: 2 tests did not run (exit status 2): TestB TestC"},
		"before the tests": {`{"Action":"output","Output":"cannot boot\n"}`, "test/e2e: 3 tests did not run (exit status 2): TestA TestB TestC"},
		"after the tests":  {passed + `{"Action":"output","Output":"cannot close\n"}`, "test/e2e: exit status 2: cannot close"},
		"of a race after the tests": {passed + `{"Action":"output","Output":"==================\n"}
{"Action":"output","Output":"WARNING: DATA RACE\n"}
{"Action":"output","Output":"Read at 0x00c000422bd0 by main goroutine:\n"}
{"Action":"output","Output":"  runtime.mapaccess1_faststr()\n"}
{"Action":"output","Output":"      /go/src/internal/runtime/maps/runtime_faststr.go:101 +0x0\n"}
{"Action":"output","Output":"  kresd-manager/api_test.TestMain()\n"}
{"Action":"output","Output":"      /src/api/described_test.go:104 +0x348\n"}`, "test/e2e: exit status 2: WARNING: DATA RACE at described_test.go:104"},
	} {
		t.Run(name, func(t *testing.T) {
			o := said(t, "test/e2e", c.stream)
			o.err = errors.New("exit status 2")
			if got := told(o.failures([]test{{name: "TestA"}, {name: "TestB"}, {name: "TestC"}})); got != c.want {
				t.Errorf("failures:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestLongOutputIsCutInTheMiddle(t *testing.T) {
	var lines []string
	for i := range 200 {
		lines = append(lines, fmt.Sprint(i))
	}
	got := cut(lines)
	if len(got) != shown || got[0] != "0" || got[shown-1] != "199" || got[shown/2] != "[… 141 lines …]" || got[shown/2+1] != "171" {
		t.Errorf("%d lines: %v", len(got), got)
	}
	if got := cut(lines[:shown]); len(got) != shown || got[shown-1] != "59" {
		t.Errorf("lines that are few: %v", got)
	}
}
