// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestTheRunnerKnowsTheWordsOfATestThatWaits(t *testing.T) {
	text, err := os.ReadFile("../machine/alone.go")
	if err != nil || !strings.Contains(string(text), `"`+strings.TrimPrefix(waits, ": ")+`"`) {
		t.Errorf("machine.Alone does not say %q (%v)", waits, err)
	}
}

func TestATestTakesNoTimeForWhatItWaits(t *testing.T) {
	began := 0
	w := &waiting{begun: func() { began++ }}
	o := &outcome{waiting: w}
	output := func(test, line string) { o.add(event{Action: "output", Test: test, Output: line + "\n"}) }
	output("TestA", "    load.go:7: waits until it is alone, one would think")
	if began != 0 || w.of("") != 0 {
		t.Errorf("it waits: %s", w.of(""))
	}
	output("TestA/one", "    load.go:7: waits until it is alone")
	if began != 1 || w.of("") != 0 {
		t.Errorf("it began to wait %d times, and has waited %s before it goes on", began, w.of(""))
	}
	w.ends()
	w.until = w.since.Add(3 * time.Second)
	for _, name := range []string{"TestA/one", "TestA", "TestA/on", "TestB"} {
		o.add(event{Action: "pass", Test: name, Elapsed: 4})
	}
	for _, r := range o.results {
		want := 4 * time.Second
		if r.name == "TestA" || r.name == "TestA/one" {
			want = time.Second
		}
		if r.took != want {
			t.Errorf("%s took %s, want %s", r.name, r.took, want)
		}
	}
	if w.of("") != 3*time.Second {
		t.Errorf("the program has waited %s", w.of(""))
	}
	var none *waiting
	if none.of("TestA") != 0 {
		t.Error("who has no turn waits")
	}
}
