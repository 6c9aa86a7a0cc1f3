// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// What runs is known without systemd; what it does is not.
func TestStatusWithoutTheBusIsAnErrorWithWhatIsKnown(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Script("observe", fakesystemd.BusGone)
	s, err := p.Status(t.Context())
	if !errors.Is(err, units.ErrUnavailable) || s.Generation == "" || s.ETag != p.Running().ETag() || s.File != w.file {
		t.Errorf("status: %+v %v", s, err)
	}
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
