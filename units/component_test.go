// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withComponents adds components that run, as "NAME HASH" lines.
func withComponents(live Live, lines ...string) Live {
	for _, l := range lines {
		name, hash, _ := strings.Cut(l, " ")
		c := Component{Name: name}
		live.Units[c.Unit()] = Observed{
			Name: c.Unit(), LoadState: "loaded", ActiveState: "active", SubState: "running",
			StatusText: ComponentStatus + hash, MainPID: 7, Populated: true,
		}
	}
	return live
}

func TestComponentsHaveTheirPlacesInAPlan(t *testing.T) {
	want := Desired{
		Generation: "g2", Workers: 2, WorkerHash: "w", RulesHash: "r", GC: []string{"-c", "x"},
		Components: []Component{
			{Name: "fetcher", Kind: Needed, Priority: 300, Hash: "f"},
			{Name: "collector", Kind: Dispensable, Priority: 150, Hash: "c"},
			{Name: "other", Kind: Dispensable, Priority: 150, Hash: "o"},
			{Name: "late", Kind: Dispensable, Hash: "l"},
		},
	}
	for _, c := range []struct {
		name string
		live Live
		want func(Desired) Desired
		opt  Options
		plan string
	}{
		{"by falling priority, around rules and workers", system(t, ""), nil, Options{}, `
8 steps to generation g2
  1  start    kres-component@fetcher.service  is not running
  2  load     kres-policy-loader.service  no rules are loaded  [after 1]
  3  start    kres-component@collector.service  is not running  [after 2]
  4  start    kres-component@other.service  is not running  [after 2]
  5  start    kresd@1.service             is not running  [after 3 4]
  6  start    kresd@2.service             is not running  [after 3 4]
  7  start    kres-gc.service             is not running  [after 5]
  8  start    kres-component@late.service  is not running  [after 5 6]
`},
		{"only what differs acts",
			withComponents(system(t, "1 active w\n2 active w\nrules active r\ngc active -c x"), "fetcher f", "collector old", "other o", "late l"),
			nil, Options{}, `
1 step to generation g2
  1  restart  kres-component@collector.service  command changed
`},
		{"what is not wanted any more goes first",
			withComponents(system(t, "1 active w\n2 active w\nrules active r\ngc active -c x"), "gone g", "fetcher f", "collector c", "other o"),
			nil, Options{}, `
2 steps to generation g2
  1  stop     kres-component@gone.service  is not wanted any more
  2  start    kres-component@late.service  is not running  [after 1]
`},
		{"what could refuse the change comes before what interrupts someone",
			withComponents(system(t, "1 active v\n2 active v\nrules active r\ngc active -c x"), "gone g", "fetcher f", "collector c", "other o", "late l"),
			nil, Options{}, `
4 steps to generation g2
  1  try      kresd@canary.service        worker configuration v → w
  2  stop     kres-component@gone.service  is not wanted any more  [after 1]
  3  restart  kresd@1.service             configuration v → w  [after 2]
  4  restart  kresd@2.service             configuration v → w  [after 3]
`},
		{"where nothing is wanted they stop last",
			withComponents(system(t, "1 active w\nrules active r"), "late l"),
			func(Desired) Desired { return Desired{} }, Options{}, `
3 steps to generation 
  1  stop     kres-policy-loader.service  no worker is wanted
  2  stop     kresd@1.service             no worker is wanted
  3  stop     kres-component@late.service  no worker is wanted  [after 2]
`},
		{"a tolerant plan bears the failure of what is dispensable",
			withComponents(system(t, "1 active w\n2 active w\nrules active r"), "collector c", "other o"),
			nil, Options{Tolerant: true}, `
3 steps to generation g2
  1  start    kres-component@fetcher.service  is not running
  2  start    kres-gc.service             is not running  [after 1]  (optional)
  3  start    kres-component@late.service  is not running  [after 1]  (optional)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := want
			if c.want != nil {
				w = c.want(w)
			}
			plan := Diff(w, c.live, c.opt)
			if diff := cmp.Diff(strings.TrimPrefix(c.plan, "\n"), plan.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheBudgetOfARoll(t *testing.T) {
	const five = "1 active v\n2 active v\n3 active v\n4 active v\n5 active v\nrules active r"
	for _, c := range []struct {
		name, live string
		budget     int
		after      string // of each restart, by step number
	}{
		{"one at a time", five, 1, "[1] [2] [3] [4] [5]"},
		{"the first proves it, then two at a time", five, 2, "[1] [2] [2] [3] [4]"},
		{"one always serves", "1 active v\n2 active v\nrules active r", 9, "[1] [2]"},
		{"all but one", five, 9, "[1] [2] [2] [2] [2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := system(t, c.live)
			want := Desired{Workers: len(live.RunningWorkers()), WorkerHash: "w", RulesHash: "r", Roll: Roll{Budget: c.budget}}
			var after []string
			for _, s := range Diff(want, live, Options{}).Touches(Restart) {
				after = append(after, fmt.Sprint(s.After))
			}
			if got := strings.Join(after, " "); got != c.after {
				t.Errorf("%s, want %s", got, c.after)
			}
		})
	}
}

func TestAPatientPlanLeavesAloneWhatIsOnItsWay(t *testing.T) {
	want := Desired{Generation: "g", Workers: 4, WorkerHash: "w", RulesHash: "r", GC: []string{"-c", "x"}}
	live := system(t, "1 active w\n2 activating\n3 inactive\nrules failed r\ngc activating")
	masked := live.Units[Worker(3)]
	masked.LoadState = "masked"
	live.Units[Worker(3)] = masked
	plan := Diff(want, live, Options{Proven: true, Patient: true, Tolerant: true})
	if len(plan.Steps) != 1 || plan.Steps[0].Unit != Worker(4) || plan.Steps[0].Kind != Start {
		t.Errorf("%s", plan)
	}
}
