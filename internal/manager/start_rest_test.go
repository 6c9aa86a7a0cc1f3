// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// withMirror has two units that DNS does not wait for: this one and the garbage collector.
const withMirror = basic + "components: {mirror: {kind: dispensable, command: [/usr/bin/mirror]}}\n"

var notWaitedFor = []string{"start kres-component@mirror.service", "start kres-gc.service"}

func TestAStartDoesNotWaitForWhatCanBeDoneWithout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, withMirror)
		p := w.process(w.sys.Client())
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		jobs := w.sys.Jobs()
		if live := w.sys.Live(); len(live.RunningWorkers()) != 3 {
			t.Errorf("%d workers serve after the start", len(live.RunningWorkers()))
		}
		for _, j := range notWaitedFor {
			if slices.Contains(jobs, j) {
				t.Errorf("the start has waited for %q", j)
			}
		}
		p.run(t)
		p.settle(t)
		jobs = w.sys.Jobs()
		slices.Sort(jobs)
		if !slices.Equal(jobs, notWaitedFor) {
			t.Errorf("after the start: %q, want %q", jobs, notWaitedFor)
		}
		p.wantState(t, "running")
		if log := w.log.String(); strings.Contains(log, "repair") {
			t.Errorf("what belongs to the start was taken for a repair:\n%s", log)
		}
		p.drift()
		if jobs := w.sys.Jobs(); len(jobs) != 0 {
			t.Errorf("jobs when all runs: %q", jobs)
		}
	})
}

// Where workers serve already nothing is urgent, and the start does all of it.
func TestAStartThatFindsWorkersLeavesNothingForLater(t *testing.T) {
	w := newWorld(t, withMirror)
	w.start().end()
	w.sys.AdminStop(units.CacheGC)
	w.sys.Jobs()
	p := w.process(w.sys.Client())
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if jobs := w.sys.Jobs(); !slices.Equal(jobs, []string{"start kres-gc.service"}) {
		t.Errorf("jobs %q", jobs)
	}
}

func TestWhatTheStartDidNotWaitForIsRepaired(t *testing.T) {
	for name, fault := range map[string]fakesystemd.Fault{"the bus is lost": fakesystemd.BusGone, "polkit refuses": fakesystemd.Denied, "it ends": fakesystemd.Fails} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				w.sys.Script("start kres-gc.service", fault)
				p := w.start()
				if fault == fakesystemd.Fails {
					w.sys.AutoRestart()
				}
				p.drift()
				if live := w.sys.Live(); !live.Unit(units.CacheGC).Running() {
					t.Errorf("%s does not run:\n%s", units.CacheGC, w.log)
				}
			})
		})
	}
}

// Who stops everything has the last word, also over what comes after the start.
func TestAStopRightAfterTheStartIsTheLastWord(t *testing.T) {
	w := newWorld(t, withMirror)
	p := w.process(w.sys.Client())
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.sys.AdminStop(units.Target)
	w.sys.Jobs()
	p.run(t)
	p.settle(t)
	if jobs := w.sys.Jobs(); len(jobs) != 0 {
		t.Errorf("jobs after everything was stopped: %q", jobs)
	}
	p.wantState(t, "stopped")
}
