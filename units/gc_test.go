// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A garbage collector that ends right after each start is there because of its
// options, so other options must reach it.
func TestAGarbageCollectorThatCrashesGetsItsOptions(t *testing.T) {
	live := system(t, "1 active w\nrules active r\ngc activating")
	plan := Diff(Desired{Generation: "g2", Workers: 1, WorkerHash: "w", RulesHash: "r", GC: []string{"-c", "x"}}, live, Options{})
	if len(plan.Steps) != 1 || plan.Steps[0].Kind != Restart || plan.Steps[0].Unit != CacheGC {
		t.Errorf("%s", plan)
	}
}

func TestStepErrorIsOneTextWithTheUnitsWords(t *testing.T) {
	err := &StepError{
		Step: Step{N: 2, Kind: Restart, Unit: Worker(3)},
		Err:  &JobError{Unit: Worker(3), Verb: "restart", Result: "failed"},
		Log:  []string{"first", "last"},
	}
	want := "cannot restart kresd@3.service: restart of kresd@3.service failed\n  first\n  last"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestSecondsAreReadBackAsWritten(t *testing.T) {
	for _, want := range []Seconds{0, 1000, 1_500_000_000, 60_000_000_000} {
		b, err := want.MarshalJSON()
		if err != nil || strings.ContainsAny(string(b), `"e`) {
			t.Errorf("%s %v", b, err)
		}
		var got Seconds
		if err := got.UnmarshalJSON(b); err != nil || got != want {
			t.Errorf("%s is read as %d, %v", b, got, err)
		}
	}
	var s Seconds
	if err := s.UnmarshalJSON([]byte(`"x"`)); err == nil {
		t.Error("text is a number of seconds")
	}
}
