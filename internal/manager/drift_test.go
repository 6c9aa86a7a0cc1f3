// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// drift has the manager notice something and waits until it has done what it
// wants to do at once.
func (p *process) drift() {
	p.Drifted("")
	time.Sleep(time.Second)
	synctest.Wait()
}

func TestWhatIsStoppedByHandIsStartedWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		w.sys.Watch()
		w.sys.AdminStop("kresd@2.service", units.CacheGC)
		p.drift()
		w.wantLive(t, "after a repair", before)
		if jobs := slices.Sorted(slices.Values(w.sys.Jobs())); !slices.Equal(jobs, []string{"start " + units.CacheGC, "start kresd@2.service"}) {
			t.Errorf("jobs: %v", jobs)
		}
		s := p.wantState(t, "running")
		if s.LastRepair == nil || !strings.Contains(s.LastRepair.Plan.String(), "is not running") {
			t.Errorf("status tells of repair %+v", s.LastRepair)
		}
	})
}

func TestAWorkerWithAnotherConfigurationIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		w.sys.Announce("kresd@2.service", "config 0000")
		p.drift()
		w.wantLive(t, "after a repair", before)
	})
}

func TestRepairsOfOneUnitComeLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Watch()
		var starts []time.Duration
		began := time.Now()
		for time.Since(began) < 3*time.Minute {
			if w.sys.Live().Unit("kresd@2.service").Running() {
				starts = append(starts, time.Since(began))
				w.sys.AdminStop("kresd@2.service")
				p.Drifted("kresd@2.service")
			}
			time.Sleep(100 * time.Millisecond)
		}
		// The first is no repair; from then on 0, 1, 2, 4, … s, at most a minute.
		if len(starts) < 7 || len(starts) > 9 {
			t.Errorf("it was started after %v", starts)
		}
		for i := 3; i < len(starts); i++ {
			if gap := starts[i] - starts[i-1]; gap < min(time.Second<<(i-3), time.Minute) {
				t.Errorf("start %d comes after %v", i, gap)
			}
		}
		// A unit that is well for a while is repaired at once again.
		time.Sleep(10 * time.Minute)
		w.sys.AdminStop("kresd@2.service")
		p.drift()
		if !w.sys.Live().Unit("kresd@2.service").Running() {
			t.Error("it was not started")
		}
	})
}

func TestWhatTheAdministratorStoppedAsAWholeStaysStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		w.sys.StopTarget()
		w.sys.Watch()
		p.drift()
		time.Sleep(10 * time.Minute)
		w.wantJobs(t)
		p.wantState(t, "stopped")
		// systemctl start kresd@1 wants the target, and so brings all back.
		w.sys.AdminStart("kresd@1.service")
		p.drift()
		w.wantLive(t, "after the target was started", before)
	})
}

func TestAMaskedWorkerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Mask("kresd@2.service")
		w.sys.AdminStop("kresd@2.service")
		w.sys.Watch()
		p.drift()
		w.wantJobs(t)
		p.wantState(t, "degraded")
		// The others can be changed.
		p.change(t, "/nsid", `"x"`)
	})
}

// Nothing has changed, so it may well fail again, and the old rules are in force:
// it is run again after longer and longer pauses.
func TestAPolicyLoaderThatFailedIsRunAgainAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Break("restart "+units.PolicyLoader, fakesystemd.Fails)
		w.sys.Fail(units.PolicyLoader)
		w.sys.Watch()
		p.drift()
		time.Sleep(time.Second)
		w.wantJobs(t)
		p.wantState(t, "degraded")
		time.Sleep(10 * time.Minute)
		if n := len(w.sys.Jobs()); n < 3 || n > 10 {
			t.Errorf("%d jobs in ten minutes", n)
		}
		p.wantState(t, "degraded")
		w.sys.ClearFaults()
		time.Sleep(10 * time.Minute)
		p.wantState(t, "running")
	})
}

func TestWhatRestartsByItselfIsLeftToSystemd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Watch()
		w.sys.Crash("kresd@1.service")
		p.drift()
		w.wantJobs(t)
		w.sys.AutoRestart()
		p.drift()
		w.wantJobs(t)
		p.wantState(t, "running")
	})
}

// A configuration that lets workers start and then end is found when they do.
func TestAChangeAfterWhichWorkersDoNotStayUpIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before, doc := w.live(), p.Running().ETag()
		p.change(t, "/nsid", `"x"`)
		p.drift()
		for range 5 {
			w.sys.Crash("kresd@1.service")
			w.sys.Crash("kresd@2.service")
			p.Drifted("")
			time.Sleep(100 * time.Millisecond)
			w.sys.AutoRestart()
			p.drift()
		}
		w.wantLive(t, "after it was taken back", before)
		if p.Running().ETag() != doc {
			t.Error("the running configuration is still the new one")
		}
		s := p.wantState(t, "running")
		if s.LastApply == nil || !strings.Contains(s.LastApply.Cause, "do not stay up") {
			t.Errorf("status tells of %+v", s.LastApply)
		}
		// A crash of the manager does not bring it back.
		p.kill()
		w.start()
		w.wantLive(t, "after a crash of the manager", before)
	})
}

// A policy-loader that an administrator has stopped and masked holds up no repair
// but its own.
func TestAMaskedPolicyLoaderHoldsUpNoRepair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.AdminStop(units.PolicyLoader)
		w.sys.Mask(units.PolicyLoader)
		w.sys.AdminStop("kresd@2.service")
		w.sys.Watch()
		p.drift()
		if got := w.sys.Live().Units["kresd@2.service"].ActiveState; got != "active" {
			t.Errorf("worker 2 is %s; jobs: %q", got, w.sys.Jobs())
		}
	})
}

// Before the first start there was nothing, and to go back to that would be the
// end of DNS; a change that changes nothing is not what workers crash for.
func TestWithNothingToGoBackToWorkersAreKept(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, p *process){
		"after the start":            func(*testing.T, *process) {},
		"after a change to the same": func(t *testing.T, p *process) { p.change(t, "/workers", "3") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				before := w.live()
				change(t, p)
				p.drift()
				for range 7 {
					w.sys.Crash("kresd@1.service")
					p.Drifted("")
					time.Sleep(100 * time.Millisecond)
					w.sys.AutoRestart()
					p.drift()
				}
				w.wantLive(t, "after many crashes", before)
				if s := p.wantState(t, "running"); s.LastApply != nil && s.LastApply.Error != "" {
					t.Errorf("status tells of %+v", s.LastApply)
				}
			})
		})
	}
}

// Years of service see crashes, too, which are no reason to change anything.
func TestCrashesLongAfterAChangeTakeNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		p.change(t, "/nsid", `"x"`)
		doc := p.Running().ETag()
		time.Sleep(time.Hour)
		for range 9 {
			w.sys.Crash("kresd@1.service")
			w.sys.AutoRestart()
			p.drift()
		}
		if p.Running().ETag() != doc {
			t.Error("the change was taken back")
		}
	})
}

func TestASlowLookFindsWhatNoHintReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		w.start()
		before := w.live()
		w.sys.AdminStop("kresd@3.service")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		w.wantLive(t, "after a while", before)
	})
}

func TestALostBusIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		w.sys.AdminStop("kresd@3.service")
		w.sys.Break("observe", fakesystemd.BusGone)
		p.drift()
		w.sys.ClearFaults()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.wantLive(t, "after the bus came back", before)
	})
}

func TestEventsTellOfAChangeStepByStep(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	ch := p.Events(t.Context())
	p.change(t, "/local-data/addresses/host.example", `"192.0.2.9"`)
	var kinds []string
	for len(kinds) == 0 || kinds[len(kinds)-1] != string(units.EventApplied) {
		e := <-ch
		what := string(e.Kind)
		if e.Step != nil {
			what += " " + string(e.Step.Kind)
		}
		kinds = append(kinds, what)
	}
	if kinds[0] != "begin" || kinds[1] != "step load" || kinds[2] != "step-done load" || !slices.Contains(kinds, "step-done reset") {
		t.Errorf("events: %v", kinds)
	}
}

func TestEventsTellHowARepairEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		told := p.Events(t.Context())
		for _, fails := range []bool{false, true} {
			w.sys.AdminStop("kresd@3.service")
			if fails {
				w.sys.Script("start kresd@3.service", fakesystemd.Fails)
			}
			p.drift()
			synctest.Wait()
			var kinds []string
			var last units.Event
			for len(kinds) == 0 || kinds[len(kinds)-1] != string(units.EventRepaired) {
				last = <-told
				kinds = append(kinds, string(last.Kind))
			}
			want := []string{"repair", "step", "step-done", "repaired"}
			if fails {
				want[2] = "step-failed"
			}
			if !slices.Equal(kinds, want) || last.Cause != "repair" || (last.Error != "") != fails {
				t.Errorf("events: %v, the last is %+v", kinds, last)
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestALongLoadCanBeCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		if _, ok := p.Cancel(0); ok {
			t.Error("nothing was canceled")
		}
		w.sys.Took = 5 * time.Minute
		go func() {
			time.Sleep(time.Minute)
			if _, ok := p.Cancel(0); !ok {
				t.Error("there was nothing to cancel")
			}
		}()
		began := time.Now()
		_, step := p.refuse(t, put(t, "/local-data/addresses/host.example", `"192.0.2.9"`))
		if step.Err != units.ErrCanceled || !step.Restored {
			t.Errorf("%v, restored %t, after %v", step, step.Restored, time.Since(began))
		}
		w.sys.Took = 0
		w.wantLive(t, "after it was canceled", before)
	})
}
