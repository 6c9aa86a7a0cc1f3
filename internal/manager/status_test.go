// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

func TestStatusTellsWhichUnitIsNotAsConfigured(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*world)
		bad  []string // units that are not current
	}{
		{"nothing", func(*world) {}, nil},
		{"a worker is waiting for its restart", func(w *world) { w.sys.Crash("kresd@2.service") }, []string{"kresd@2.service"}},
		{"a worker too many", func(w *world) { w.sys.AdminStart("kresd@9.service") }, []string{"kresd@9.service"}},
		{"the rules have failed", func(w *world) { w.sys.Crash(units.PolicyLoader) }, []string{units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@3.service"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			c.do(w)
			state := "degraded"
			if c.bad == nil {
				state = "running"
			}
			s := p.wantState(t, state)
			var bad []string
			for _, u := range s.Units {
				if !u.Current {
					bad = append(bad, u.Unit)
				}
			}
			slices.Sort(bad)
			slices.Sort(c.bad)
			if diff := cmp.Diff(c.bad, bad, equalEmpty); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A worker that was removed is no row, whatever systemd keeps in mind of it.
func TestStatusForgetsWorkersThatWereRemoved(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.change(t, "/workers", "1")
	w.sys.Mask("kresd@2.service") // still known, for someone else's sake
	w.sys.Fail("kresd@3.service")
	for _, u := range p.wantState(t, "running").Units {
		if _, worker := units.WorkerNumber(u.Unit); worker && u.Unit != "kresd@1.service" {
			t.Errorf("there is a row for %s, which is %s", u.Unit, u.Active)
		}
	}
}

func TestStatusListsWorkersByNumberAndThenTheOthers(t *testing.T) {
	w := newWorld(t, strings.Replace(basic, "workers: 3", "workers: 11", 1))
	var names []string
	for _, u := range w.start().wantState(t, "running").Units {
		names = append(names, u.Unit)
	}
	want := []string{}
	for n := 1; n <= 11; n++ {
		want = append(want, units.Worker(n))
	}
	if diff := cmp.Diff(append(want, units.CacheGC, units.PolicyLoader), names); diff != "" {
		t.Error(diff)
	}
}

// Without systemd what runs is known, and what the units did when it answered last:
// that is told, with the time, and not that all is well.
func TestStatusWithoutTheBusIsOfTheLastTime(t *testing.T) {
	for what, fault := range map[string]fakesystemd.Fault{"gone": fakesystemd.BusGone, "silent": fakesystemd.Hangs} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				p.wantState(t, "running")
				at := time.Now()
				time.Sleep(10 * time.Second)
				w.sys.Script("observe", fault)
				s, err := p.Status(t.Context())
				if err != nil || s.State != "unknown" || !s.AsOf.Equal(at) || len(s.Units) != 5 || s.Generation == "" || s.ETag != p.Running().ETag() {
					t.Errorf("status: %+v %v", s, err)
				}
				want := "systemd does not answer: what is shown of the units is from " + at.Format(time.TimeOnly)
				if len(s.Problems) == 0 || s.Problems[0].Message != want || s.Problems[0].Severity != config.SeverityError {
					t.Errorf("problems: %v", s.Problems)
				}
				if took := time.Since(at); took > 20*time.Second {
					t.Errorf("it took %s", took)
				}
				if s := p.wantState(t, "running"); !s.AsOf.IsZero() || slices.ContainsFunc(s.Problems, func(p config.Problem) bool { return p.Message == want }) {
					t.Errorf("afterwards: %+v", s)
				}
			})
		})
	}
}

// A manager that has never seen anything says so.
func TestStatusWithoutAnySightIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		w.sys.Script("observe", fakesystemd.Hangs)
		if _, err := w.process(w.sys.Client()).Status(t.Context()); !errors.Is(err, units.ErrUnavailable) || !strings.Contains(err.Error(), "no answer within 5s") {
			t.Errorf("status: %v", err)
		}
	})
}

func TestWithoutTheBusNothingIsChanged(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before, doc := w.live(), p.Running().ETag()
	w.sys.Watch()
	w.sys.Script("observe", fakesystemd.BusGone)
	if _, err := p.Change(t.Context(), put(t, "/nsid", `"x"`)); !errors.Is(err, units.ErrUnavailable) {
		t.Errorf("change: %v", err)
	}
	w.wantJobs(t)
	w.wantLive(t, "after a change without the bus", before)
	if p.Running().ETag() != doc {
		t.Error("the running configuration is another one")
	}
	p.change(t, "/nsid", `"x"`) // the bus is back
	p.wantState(t, "running")
}
