// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/fleet/rollout"
)

// shown says which tests show what docs/fleet.md says of each failure: by the beginning of
// its line, folders below fleet/ and functions there.
var shown = map[string][]string{
	"the store is away, slow, empty":   {"drills TestFleetOnARealEtcd", "agent TestAStoreThatTellsNonsense", "agent TestAStartNeedsTheRecordOfNow"},
	"what a host tells cannot be read": {"leader TestGarbage"},
	"someone deletes what hosts tell":  {"agent TestAHostThatWasRemovedComesBack", "drills TestFleetOnARealEtcd"},
	"the store was set back":           {"drills TestFleetOnARealEtcd", "sim TestTheStoreIsSetBack", "leader TestAStoreThatWasSetBackIsFound"},
	"the leader ends or is cut off":    {"drills TestALeaderThatWasStoppedWritesNothing", "leader TestALateWriteIsRefused", "leader TestTheNextLeaderMeasuresByItself"},
	"a host is off":                    {"sim TestHostsThatComeBackCatchUp", "rollout TestThoseWhoComeBackKeepToTheBudget"},
	"a host goes away in the middle":   {"sim TestHalfIsCutOff", "rollout TestDecisions"},
	"the agent is killed":              {"agent TestKilledAtEachStep", "../test/e2e TestFleet"},
	"a host refuses the release":       {"drills TestFleetOnARealEtcd", "../test/e2e TestFleet", "rollout TestThreePercentFail"},
	"hosts become ill later":           {"sim TestItTurnsOutLate"},
	"there is no data":                 {"agent TestWhatAHostDoesNotTake", "rollout TestDecisions"},
	"a number of a rollout is made up": {"rollout TestNextID", "agent TestAStoreThatTellsNonsense"},
	"a release is forged":              {"release TestOpen", "agent TestAReplayIsRefused", "agent TestWholeRollouts"},
	"someone has edited locally":       {"agent TestLocalChanges", "agent TestDriftIsTold"},
	"a local change waits":             {"agent TestLocalChanges", "local TestRefusals"},
	"the gate of the policy":           {"leader TestTheGate"},
	"clocks are apart":                 {"rollout TestNoHistoryTouchesMoreThanAllowed", "sshsig TestWhatIsRefused"},
}

// TestTheLimitsOfTheDocument: they are those of the default policy.
func TestTheLimitsOfTheDocument(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## From two hosts to a thousand\n")
	section, _, _ = strings.Cut(section, "\n## ")
	p := rollout.DefaultPolicy()
	rows := 0
	for line := range strings.Lines(section) {
		var n, parallel, failed, missing int
		if k, _ := fmt.Sscanf(line, "| %d | %d | %d | %d |", &n, &parallel, &failed, &missing); k < 4 {
			continue
		}
		rows++
		if want := max(1, min(p.MaxParallel.Of(n), n/2)); parallel != want || failed != p.MaxFailed.Of(n) || missing != p.MaxMissing.Of(n) {
			t.Errorf("of %d hosts %d start at a time, %d may fail and %d be away, the document says %s", n, want, p.MaxFailed.Of(n), p.MaxMissing.Of(n), line)
		}
	}
	if rows < 5 {
		t.Errorf("only %d rows are found", rows)
	}
}

// TestEachFailureIsShown holds the document to tests: no failure without one, and no test that
// is gone.
func TestEachFailureIsShown(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What happens when …\n")
	section, _, _ = strings.Cut(section, "\n## ")
	used := map[string]bool{}
	rows := 0
	for line := range strings.Lines(section) {
		row, found := strings.CutPrefix(line, "| ")
		if !found || strings.HasPrefix(row, "…") || strings.HasPrefix(row, "---") {
			continue
		}
		rows++
		known := false
		for begins := range shown {
			if strings.HasPrefix(row, begins) {
				known, used[begins] = true, true
			}
		}
		if !known {
			t.Errorf("no test is named for what happens when %s", row)
		}
	}
	if rows < 10 {
		t.Errorf("the document has only %d failures", rows)
	}
	for begins, tests := range shown {
		if !used[begins] {
			t.Errorf("the document has nothing of %q", begins)
		}
		for _, name := range tests {
			folder, function, _ := strings.Cut(name, " ")
			files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			there := false
			for _, file := range files {
				source, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				there = there || strings.Contains(string(source), "func "+function+"(t ")
			}
			if !there {
				t.Errorf("%s is not there, which shows %q", name, begins)
			}
		}
	}
}
