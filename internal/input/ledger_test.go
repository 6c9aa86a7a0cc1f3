// SPDX-License-Identifier: Apache-2.0

package input

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

var (
	list   = units.Input{Path: "/list", Kind: "hosts file", Use: units.UseRules}
	cert   = units.Input{Path: "/cert", Kind: units.KindCertificate, Use: units.UseRenew}
	lua    = units.Input{Path: "/lua", Kind: "Lua script", Use: units.UseStart}
	inputs = []units.Input{list, cert, lua}

	noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

// holds are files with these contents, which they got at a time.
func holds(at time.Time, contents ...string) map[string]Seen {
	seen := map[string]Seen{}
	for i, id := range contents {
		seen[inputs[i].Path] = Seen{Content: units.Content{ID: id}, Since: at}
	}
	return seen
}

// running are processes that were started at a time.
func running(invocation string, began time.Time) *units.Live {
	all := map[string]units.Observed{}
	for _, unit := range []string{units.Worker(1), units.PolicyLoader} {
		all[unit] = units.Observed{Name: unit, ActiveState: "active", Result: "success", MainPID: 1, Populated: true, InvocationID: invocation, Began: began}
	}
	return &units.Live{Units: all}
}

// stale are the files that some process has not read as they are, by kind.
func stale(l *Ledger, live *units.Live, seen map[string]Seen) string {
	l.Fill(live, inputs, seen)
	var names []string
	for _, in := range inputs {
		for _, unit := range []string{units.Worker(1), units.PolicyLoader} {
			if readBy(unit, in.Use) && len(live.Stale(unit, in.Use, []units.Input{in}, false)) > 0 {
				names = append(names, in.Path)
			}
		}
	}
	return strings.Join(names, " ")
}

// carry is what a plan does whose steps all succeed.
func carry(l *Ledger, seen map[string]Seen, steps ...units.Step) {
	l.Plan(inputs, seen)
	for _, s := range steps {
		l.Done(s)
	}
}

var (
	start = []units.Step{{Kind: units.Load, Unit: units.PolicyLoader}, {Kind: units.Start, Unit: units.Worker(1)}}
	renew = units.Step{Kind: units.Renew, Unit: units.Worker(1)}
	load  = units.Step{Kind: units.Load, Unit: units.PolicyLoader}
)

func TestWhatWasReadIsComparedWithWhatIsThere(t *testing.T) {
	l := NewLedger()
	began := holds(noon, "a", "b", "c")
	carry(l, began, start...)
	if got := stale(l, running("1", noon), began); got != "" {
		t.Errorf("stale after a start: %s", got)
	}
	now := holds(noon, "A", "B", "C")
	if got := stale(l, running("1", noon), now); got != "/list /cert /lua" {
		t.Errorf("stale: %s", got)
	}
	carry(l, now, renew)
	if got := stale(l, running("1", noon), now); got != "/list /lua" {
		t.Errorf("stale after a renewal: %s", got)
	}
	carry(l, now, load)
	if got := stale(l, running("1", noon), now); got != "/lua" {
		t.Errorf("stale after a load: %s", got)
	}
	// Back again, what was renewed is stale.
	if got := stale(l, running("1", noon), began); got != "/list /cert" {
		t.Errorf("stale: %s", got)
	}
}

func TestAFileThatIsGoneIsNotStaleAndIsWhenItIsBack(t *testing.T) {
	l := NewLedger()
	carry(l, holds(noon, units.Absent, "b", "c"), start...)
	if got := stale(l, running("1", noon), holds(noon, units.Absent, units.Absent, "c")); got != "" {
		t.Errorf("stale: %s", got)
	}
	if got := stale(l, running("1", noon), holds(noon, "a", "b", "c")); got != "/list" {
		t.Errorf("stale: %s", got)
	}
}

func TestTheLedgerIsKept(t *testing.T) {
	l := NewLedger()
	was := holds(noon, "a", "b", "c")
	carry(l, was, start...)
	stale(l, running("1", noon), was)
	path := filepath.Join(t.TempDir(), "inputs.json")
	if err := Write(path, l.Text()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		live *units.Live
		now  map[string]Seen
		want string
	}{
		"the manager was restarted":                       {running("1", noon), was, ""},
		"and a list was replaced meanwhile":               {running("1", noon), holds(noon.Add(-time.Hour), "A", "b", "c"), "/list"},
		"the machine was booted":                          {running("2", noon.Add(time.Hour)), was, ""},
		"with a clock that is behind":                     {running("2", noon.Add(-time.Hour)), was, ""},
		"a list was replaced before the boot":             {running("2", noon.Add(time.Hour)), holds(noon, "A", "b", "c"), ""},
		"a list was replaced after the boot":              {running("2", noon), holds(noon.Add(time.Minute), "A", "b", "c"), "/list"},
		"a list that was not there at the boot, is there": {running("2", noon), holds(noon.Add(time.Minute), "A", "b", "c"), "/list"},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			if err := l.Read(path+".none", path); err != nil {
				t.Fatal(err)
			}
			if got := stale(l, c.live, c.now); got != c.want {
				t.Errorf("stale: %q, want %q", got, c.want)
			}
		})
	}
}

func TestWithoutALedgerTheTimesDecide(t *testing.T) {
	if got := stale(NewLedger(), running("1", noon), holds(noon.Add(-time.Minute), "a", "b", "c")); got != "" {
		t.Errorf("stale: %s", got)
	}
	if got := stale(NewLedger(), running("1", noon), holds(noon.Add(time.Minute), "a", "b", "c")); got != "/list /cert /lua" {
		t.Errorf("stale: %s", got)
	}
}

func TestALedgerOfANewerVersionIsNotTakenForOneOfOurs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inputs.json")
	for text, want := range map[string]string{
		`{"format": 2, "runs": {}}`: "it was written by a newer kresd-manager (format 2; this one knows 1)",
		`{"format": 1, "runs": [`:   "unexpected end of JSON input",
	} {
		write(t, path, text)
		if err := NewLedger().Read(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatWasRefusedIsKnown(t *testing.T) {
	l := NewLedger()
	was := holds(noon, "a", "b", "c")
	carry(l, was, start...)
	now := holds(noon, "a", "B", "C")
	l.Plan(inputs, now)
	l.Failed(renew)
	l.Failed(units.Step{Kind: units.Load, Unit: units.PolicyLoader})
	live := running("1", noon)
	l.Fill(live, inputs, now)
	want := map[string]map[string]string{units.Worker(1): {"/cert": "B"}, units.PolicyLoader: {"/list": "a"}}
	if diff := cmp.Diff(want, live.Refused); diff != "" {
		t.Error(diff)
	}
	carry(l, now, renew)
	l.Fill(live, inputs, now)
	delete(want, units.Worker(1))
	if diff := cmp.Diff(want, live.Refused); diff != "" {
		t.Errorf("after it was taken: %s", diff)
	}
}
