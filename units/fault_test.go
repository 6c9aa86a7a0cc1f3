// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultsArePlanned(t *testing.T) {
	const three = "1 active w\n2 active w\n3 active w\nrules active r"
	gone := map[string]Fault{
		PolicyLoader: {Kind: RulesGone, Why: "the rule database is gone"},
		Worker(1):    {Kind: Astray, Why: "has a rule database open that was removed"},
		Worker(2):    {Kind: Astray, Why: "has a rule database open that was removed"},
		Worker(3):    {Kind: Mute, Why: "does not answer"},
	}
	want := Desired{Generation: "g", Workers: 3, WorkerHash: "w", RulesHash: "r"}
	for _, c := range []struct {
		name   string
		live   string
		faults map[string]Fault
		frozen []int
		want   Desired
		opt    Options
		plan   string
	}{
		{"a mute worker is restarted, and no other one", three, map[string]Fault{Worker(2): {Kind: Mute, Why: "does not answer"}}, nil, want, Options{Patient: true, Proven: true}, `
1 step to generation g
  1  restart  kresd@2.service             does not answer
`},
		{"the only worker is mute: a spare serves meanwhile", "1 active w\nrules active r", map[string]Fault{Worker(1): {Kind: Mute, Why: "does not answer"}}, nil,
			Desired{Generation: "g", Workers: 1, WorkerHash: "w", RulesHash: "r"}, Options{Proven: true}, `
3 steps to generation g
  1  start    kresd@2.service             serves while the only worker restarts
  2  restart  kresd@1.service             does not answer  [after 1]
  3  stop     kresd@2.service             no longer needed  [after 2]
`},
		{"new rules do not wait for a mute worker", three, map[string]Fault{Worker(2): {Kind: Mute, Why: "does not answer"}}, nil,
			Desired{Generation: "g", Workers: 3, WorkerHash: "w", RulesHash: "r2"}, Options{}, `
4 steps to generation g
  1  load     kres-policy-loader.service  rules r → r2
  2  reset    kresd@1.service             rules changed  [after 1]
  3  reset    kresd@3.service             rules changed  [after 1]
  4  restart  kresd@2.service             does not answer  [after 1]
`},
		{"rules that are gone are loaded before workers restart one by one", three, gone, nil, want, Options{Patient: true, Proven: true}, `
4 steps to generation g
  1  load     kres-policy-loader.service  the rule database is gone
  2  restart  kresd@1.service             has a rule database open that was removed  [after 1]
  3  restart  kresd@2.service             has a rule database open that was removed  [after 2]
  4  restart  kresd@3.service             does not answer  [after 3]
`},
		{"what others have to put right is left alone", three, map[string]Fault{Worker(1): {Kind: Slow}, Worker(2): {Kind: CutOff}}, nil, want, Options{}, ""},
		{"a worker that was thawed is told of the rules", three, map[string]Fault{Worker(2): {Kind: Untold, Why: "was frozen"}}, nil, want, Options{Patient: true}, `
1 step to generation g
  1  reset    kresd@2.service             was frozen
`},
		{"a frozen worker is left as it is, whatever changes", three, nil, []int{2},
			Desired{Generation: "g", Workers: 3, WorkerHash: "w2", RulesHash: "r2"}, Options{Proven: true, Force: true}, `
3 steps to generation g
  1  load     kres-policy-loader.service  rules r → r2
  2  restart  kresd@1.service             configuration w → w2  [after 1]
  3  restart  kresd@3.service             configuration w → w2  [after 2]
`},
		{"the only worker that is not frozen does not leave alone", "1 active w\n2 active w\nrules active r", nil, []int{2},
			Desired{Generation: "g", Workers: 2, WorkerHash: "w2", RulesHash: "r"}, Options{Proven: true}, `
3 steps to generation g
  1  start    kresd@3.service             serves while the only worker restarts
  2  restart  kresd@1.service             configuration w → w2  [after 1]
  3  stop     kresd@3.service             no longer needed  [after 2]
`},
		{"a frozen worker that is not wanted any more stays: systemd refuses to stop it", three, nil, []int{3},
			Desired{Generation: "g", Workers: 2, WorkerHash: "w", RulesHash: "r"}, Options{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := system(t, c.live)
			live.Faults = c.faults
			for _, n := range c.frozen {
				o := live.Units[Worker(n)]
				o.FreezerState = "frozen"
				live.Units[o.Name] = o
			}
			plan := Diff(c.want, live, c.opt)
			got := plan.String()
			if plan.Empty() {
				got = ""
			}
			if diff := cmp.Diff(strings.TrimPrefix(c.plan, "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatAFrozenUnitCosts(t *testing.T) {
	live := system(t, "1 active w\n2 active w\n3 active w\ngc active")
	freeze := func(name, state string) {
		o := live.Units[name]
		o.FreezerState = state
		live.Units[name] = o
	}
	freeze(Worker(2), "frozen-by-parent")
	if got := live.FrozenCost(Worker(2)); !strings.Contains(got, "about 1 in 3 ") {
		t.Error(got)
	}
	freeze(Worker(3), "freezing")
	if got := live.FrozenCost(Worker(2)); !strings.Contains(got, "about 2 in 3 ") {
		t.Error(got)
	}
	freeze(Worker(1), "thawing")
	if got := live.RunningWorkers(); !cmp.Equal(got, []int{1}) {
		t.Errorf("workers %v serve", got)
	}
	if got := live.FrozenCost(CacheGC); got != "it does nothing" {
		t.Error(got)
	}
	stick(live, Worker(2), "frozen")
	if got := live.FrozenCost(Worker(2)); got != "the others do its work, 1 of 2" {
		t.Error(got)
	}
	if got := live.FrozenCost(Worker(3)); !strings.Contains(got, "about 1 in 2 ") {
		t.Error("what has no process loses no query: " + got)
	}
}

// stick has a unit killed while it is frozen, as systemd 262 shows it then.
func stick(live Live, name, freezer string) {
	o := live.Units[name]
	o.ActiveState, o.SubState, o.FreezerState, o.MainPID, o.Populated, o.Job = "activating", "auto-restart-queued", freezer, 0, false, 0
	live.Units[name] = o
}

func TestWhatIsKilledWhileItIsFrozen(t *testing.T) {
	want := Desired{Generation: "g", Workers: 2, WorkerHash: "w", RulesHash: "r"}
	live := system(t, "1 active w\n2 active w\nrules active r\ngc active")
	stick(live, Worker(2), "frozen")
	stick(live, CacheGC, "frozen")
	o := live.Unit(Worker(2))
	if !o.Stuck() || o.AboutFrozen() != "kresd@2.service was killed while it was frozen" || !strings.Contains(o.Thaw(), "reboot") {
		t.Errorf("%s; %s", o.AboutFrozen(), o.Thaw())
	}
	if plan := Diff(want, live, Options{Patient: true}); !plan.Empty() {
		t.Errorf("systemd refuses all of\n%s", plan)
	}
	// Where it is masked, it does not even wait for its restart.
	o.ActiveState, o.SubState = "failed", "failed"
	live.Units[Worker(2)] = o
	if got := live.FrozenCost(Worker(2)); !o.Stuck() || got != "the others do its work, 1 of 1" {
		t.Error(got)
	}
	// Where the slice was frozen, the unit is free when that is thawed, and waits for
	// a job that systemd has dropped.
	stick(live, Worker(2), "frozen-by-parent")
	if o := live.Unit(Worker(2)); !strings.Contains(o.Thaw(), "systemctl thaw $(systemctl show --property=Slice") {
		t.Error(o.Thaw())
	}
	stick(live, Worker(2), "running")
	if got := Diff(want, live, Options{Patient: true}).String(); !strings.Contains(got, "restart  kresd@2.service             is activating (auto-restart-queued)") {
		t.Error(got)
	}
	o = live.Units[Worker(2)]
	o.Job, o.JobType = 7, "restart"
	live.Units[Worker(2)] = o
	if plan := Diff(want, live, Options{Patient: true}); !plan.Empty() {
		t.Errorf("systemd restarts it by itself:\n%s", plan)
	}
}

func TestTheSpareIsOneThatCanBeStarted(t *testing.T) {
	live := system(t, "1 active old\nrules active r")
	live.Units[Worker(2)] = Observed{Name: Worker(2), LoadState: "masked", ActiveState: "inactive"}
	live.Units[Worker(3)] = Observed{Name: Worker(3), LoadState: "loaded", ActiveState: "inactive", FreezerState: "frozen"}
	plan := Diff(Desired{Generation: "g", Workers: 1, WorkerHash: "w", RulesHash: "r"}, live, Options{Proven: true})
	if !plan.Acts(Worker(4)) || plan.Acts(Worker(2)) || plan.Acts(Worker(3)) {
		t.Error(plan)
	}
}
