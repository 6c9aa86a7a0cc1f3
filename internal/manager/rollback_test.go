// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// everything is a change that concerns every unit.
func everything(t *testing.T) units.Change {
	return put(t, "/logging/level", `"debug"`)
}

// refuse carries out a change that must fail in a step, and returns both.
func (p *process) refuse(t *testing.T, c units.Change) (units.Report, *units.StepError) {
	t.Helper()
	r, err := p.Change(t.Context(), c)
	var step *units.StepError
	if !errors.As(err, &step) {
		t.Fatalf("%s: %v, want a failed step", c.Cause, err)
	}
	return r, step
}

// badStarts are the ways in which a start goes wrong.
var badStarts = map[string]fakesystemd.Fault{
	"fails":                     fakesystemd.Fails,
	"takes too long":            fakesystemd.TimesOut,
	"never ends":                fakesystemd.Hangs,
	"ends right after":          fakesystemd.Dies,
	"runs something else":       fakesystemd.Lies,
	"leaves its cgroup":         fakesystemd.Strays,
	"is displaced":              fakesystemd.Canceled,
	"is forbidden":              fakesystemd.Denied,
	"loses the bus before it":   fakesystemd.BusGone,
	"loses the bus in progress": fakesystemd.BusGoneAfter,
}

func TestARefusedCanaryTouchesNoOneElse(t *testing.T) {
	for name, fault := range badStarts {
		t.Run("the canary "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				before, pids, doc := w.live(), w.sys.PIDs(), p.Running().ETag()
				w.sys.Script("start "+units.Canary, fault)
				w.sys.Watch()
				_, step := p.refuse(t, everything(t))
				if step.Step.Kind != units.Try || !step.Restored {
					t.Errorf("step %+v, restored %t", step.Step, step.Restored)
				}
				for _, j := range w.sys.Jobs() {
					if !strings.HasSuffix(j, units.Canary) {
						t.Errorf("job: %s", j)
					}
				}
				w.wantLive(t, "after a refused canary", before)
				if !maps.Equal(pids, w.sys.PIDs()) || p.Running().ETag() != doc {
					t.Error("a process or the running configuration is another one")
				}
				p.wantState(t, "running")
			})
		})
	}
}

func TestASilentCanaryIsRefused(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Script("probe "+units.Canary, fakesystemd.Mute)
	if _, step := p.refuse(t, everything(t)); step.Step.Kind != units.Try || !step.Refused || !step.Restored {
		t.Errorf("step %+v, refused %t, restored %t", step.Step, step.Refused, step.Restored)
	}
	w.wantLive(t, "after a silent canary", before)
}

func TestRefusedConfigurationIsAnsweredWithTheDaemonsWords(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	r, step := p.refuse(t, put(t, "/lua/script", `"no_such_function()"`))
	if diff := cmp.Diff([]string{"no_such_function() is not defined"}, step.Log); diff != "" {
		t.Error(diff)
	}
	if !step.Refused || !step.Restored || r.Rollback != nil || !strings.Contains(r.Error, "is not defined") {
		t.Errorf("refused %t, restored %t, report %+v", step.Refused, step.Restored, r)
	}
	if s := p.wantState(t, "running"); s.LastApply.Error != r.Error || s.Generation != r.Generation {
		t.Errorf("status tells of generation %s and %q", s.Generation, s.LastApply.Error)
	}
}

// Nothing is wrong with a configuration because someone has masked a worker.
func TestAMaskedWorkerIsNoFaultOfTheConfiguration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		w.sys.Mask("kresd@2.service") // it goes on running
		_, step := p.refuse(t, put(t, "/nsid", `"x"`))
		if step.Refused || !step.Restored {
			t.Errorf("refused: %t, restored: %t, %v", step.Refused, step.Restored, step)
		}
		w.sys.Unmask("kresd@2.service")
		w.wantLive(t, "after a rollback", before)
	})
}

func TestAFailedWorkerInARollRestoresAll(t *testing.T) {
	for k := 1; k <= 3; k++ {
		for name, fault := range badStarts {
			t.Run(fmt.Sprintf("worker %d %s", k, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, basic)
					p := w.start()
					before, doc := w.live(), p.Running().ETag()
					w.sys.Watch()
					w.sys.Script("restart "+units.Worker(k), fault)
					r, step := p.refuse(t, put(t, "/nsid", `"x"`))
					if step.Step.Unit != units.Worker(k) || !step.Restored {
						t.Errorf("step %+v, restored %t", step.Step, step.Restored)
					}
					system := fault == fakesystemd.Denied || fault == fakesystemd.BusGone ||
						fault == fakesystemd.BusGoneAfter || fault == fakesystemd.Canceled
					if step.Refused == system {
						t.Errorf("refused is %t", step.Refused)
					}
					if r.RollbackError != "" || r.Error == "" {
						t.Errorf("report: %+v", r)
					}
					for i := k + 1; i <= 3; i++ {
						if j := "restart " + units.Worker(i); strings.Contains(strings.Join(w.sys.Jobs(), "\n"), j) {
							t.Errorf("job after the failure: %s", j)
						}
					}
					w.wantLive(t, "after a rollback", before)
					if p.Running().ETag() != doc {
						t.Error("the running configuration is another one")
					}
					p.wantState(t, "running")
				})
			})
		}
	}
}

func TestASilentWorkerInARollRestoresAll(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Script("probe kresd@2.service", fakesystemd.Mute)
	r, step := p.refuse(t, everything(t))
	if step.Step.Unit != "kresd@2.service" || !step.Refused || !step.Restored {
		t.Errorf("step %+v, refused %t, restored %t", step.Step, step.Refused, step.Restored)
	}
	if r.Rollback == nil || len(r.Rollback.Touches(units.Try)) > 0 || len(r.Rollback.Touches(units.Restart)) < 2 {
		t.Errorf("rollback: %v", r.Rollback)
	}
	w.wantLive(t, "after a rollback", before)
}

func TestRefusedRulesAreReplacedByThoseBeforeAndTouchNoWorker(t *testing.T) {
	for name, fault := range map[string]fakesystemd.Fault{
		"the loader fails":            fakesystemd.Fails,
		"the loader takes too long":   fakesystemd.TimesOut,
		"the loader never ends":       fakesystemd.Hangs,
		"the bus goes away meanwhile": fakesystemd.BusGoneAfter,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				before, pids := w.live(), w.sys.PIDs()
				w.sys.Script("restart "+units.PolicyLoader, fault)
				r, step := p.refuse(t, put(t, "/local-data/addresses/new.example", `"192.0.2.2"`))
				if step.Step.Kind != units.Load || !step.Restored {
					t.Errorf("step %+v, restored %t", step.Step, step.Restored)
				}
				if fault != fakesystemd.Hangs && (r.Rollback == nil || r.Rollback.Steps[0].Kind != units.Load) {
					t.Errorf("rollback: %v", r.Rollback)
				}
				w.wantLive(t, "after a rollback", before)
				if !maps.Equal(pids, w.sys.PIDs()) {
					t.Error("a worker was restarted")
				}
			})
		})
	}
}

func TestAWorkerThatIsNotToldOfNewRulesRestoresAll(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Script("reset-rules kresd@2.service", fakesystemd.Mute)
	_, step := p.refuse(t, put(t, "/local-data/addresses/new.example", `"192.0.2.2"`))
	if step.Step.Kind != units.Reset || step.Step.Unit != "kresd@2.service" || !step.Restored {
		t.Errorf("step %+v, restored %t", step.Step, step.Restored)
	}
	w.wantLive(t, "after a rollback", before)
}

func TestAFailedGarbageCollectorRestoresAll(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Script("restart "+units.CacheGC, fakesystemd.Fails)
	_, step := p.refuse(t, put(t, "/cache/garbage-collector/release", "20"))
	if step.Step.Unit != units.CacheGC || step.Refused || !step.Restored {
		t.Errorf("step %+v, refused %t, restored %t", step.Step, step.Refused, step.Restored)
	}
	w.wantLive(t, "after a rollback", before)
}

func TestARollbackThatFailsTooIsReportedAndLaterRepaired(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Script("restart kresd@1.service", fakesystemd.None, fakesystemd.Fails)
	w.sys.Script("restart kresd@2.service", fakesystemd.Fails)
	r, step := p.refuse(t, put(t, "/nsid", `"x"`))
	if step.Restored || step.Step.Unit != "kresd@2.service" {
		t.Errorf("step %+v, restored %t", step.Step, step.Restored)
	}
	if r.Rollback == nil || !strings.Contains(r.RollbackError, "kresd@1.service") {
		t.Errorf("report: %+v", r)
	}
	if s := p.wantState(t, "degraded"); s.LastApply.RollbackError != r.RollbackError {
		t.Errorf("status tells %+v", s.LastApply)
	}
	if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
		t.Fatal(err)
	}
	w.wantLive(t, "after a reload", before)
	p.wantState(t, "running")
}

func TestTheStartLimitIsResetWhenItStrikes(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Script("restart kresd@2.service", fakesystemd.LimitHit)
	p.change(t, "/nsid", `"x"`)
	p.wantState(t, "running")
}
