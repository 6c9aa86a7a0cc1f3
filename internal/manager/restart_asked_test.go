// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

func TestRestartOfUnitsThatAreNamed(t *testing.T) {
	for _, c := range []struct {
		name  string
		named []string
		jobs  []string
	}{
		{"one worker", []string{"kresd@2.service"}, []string{"restart kresd@2.service"}},
		{"two workers, one after the other", []string{"kresd@1.service", "kresd@3.service"}, []string{"restart kresd@1.service", "restart kresd@3.service"}},
		{"all workers, and nothing else", nil, []string{"restart kresd@1.service", "restart kresd@2.service", "restart kresd@3.service"}},
		{"the garbage collector", []string{units.CacheGC}, []string{"restart kres-gc.service"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			before := len(p.History().Entries)
			w.sys.Watch()
			r, err := p.Restart(t.Context(), c.named, units.Again{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(places(c.jobs), places(w.sys.Jobs())); diff != "" {
				t.Errorf("jobs:\n%s", diff)
			}
			if r.Entry != 0 || len(p.History().Entries) != before {
				t.Errorf("the restart is change %d of the history, though it changes nothing", r.Entry)
			}
			p.wantState(t, "running")
		})
	}
}

func TestRestartOfTheOnlyWorkerHasASpareServe(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.change(t, "/workers", "1")
	w.sys.Watch()
	if _, err := p.Restart(t.Context(), nil, units.Again{}); err != nil {
		t.Fatal(err)
	}
	w.wantJobs(t, "start kresd@2.service", "restart kresd@1.service", "stop kresd@2.service")
}

func TestRestartThatIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, unit, want string
		unknown          bool
		prepare          func(*world)
	}{
		{"a worker that is not there", "kresd@7.service", "kresd@7.service is not a unit of this resolver", true, nil},
		{"the rules", units.PolicyLoader, "kresctl renew", false, nil},
		{"the canary", units.Canary, "serves no one", false, nil},
		{"the manager", units.Manager, "systemctl restart kresd-manager", false, nil},
		{"a frozen worker", "kresd@1.service", "kresd@1.service is frozen; first systemctl thaw kresd@1.service", false,
			func(w *world) { w.sys.Freeze("kresd@1.service") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			if c.prepare != nil {
				c.prepare(w)
			}
			w.sys.Watch()
			before := p.History().Entries
			_, err := p.Restart(t.Context(), []string{c.unit}, units.Again{})
			var refused *units.UnitError
			if !errors.As(err, &refused) || refused.Unknown != c.unknown || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q", err, c.want)
			}
			if jobs := w.sys.Jobs(); len(jobs) > 0 {
				t.Errorf("jobs: %v", jobs)
			}
			if after := p.History().Entries; len(after) != len(before) {
				t.Errorf("a wrong request is in the history: %+v", after[0])
			}
		})
	}
}

func TestRestartStopsAtTheFirstWorkerThatDoesNotComeBack(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Watch()
	w.sys.Script("restart kresd@1.service", fakesystemd.Fails)
	_, err := p.Restart(t.Context(), nil, units.Again{})
	var step *units.StepError
	if !errors.As(err, &step) || step.Step.Unit != "kresd@1.service" {
		t.Fatalf("the error is %v", err)
	}
	for _, job := range w.sys.Jobs() {
		if strings.HasPrefix(job, "restart kresd@2") || strings.HasPrefix(job, "restart kresd@3") {
			t.Errorf("%s, after the first one failed", job)
		}
	}
	p.wantState(t, "running")
}
