// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// What runs when a step fails is finished; nothing else is begun, not even a
// step that does not wait for the one that failed.
func TestNoStepIsBegunAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		w.sys.Took = time.Second
		w.sys.Watch()
		// It runs beside the restart of worker 2, and fails first.
		w.sys.Script("restart "+units.CacheGC, fakesystemd.Denied)
		r, step := p.refuse(t, everything(t))
		if step.Step.Unit != units.CacheGC || !step.Restored {
			t.Errorf("step %+v, restored %t", step.Step, step.Restored)
		}
		if slices.Contains(w.sys.Jobs(), "restart kresd@3.service") {
			t.Error("worker 3 was restarted after the failure")
		}
		if r.Rollback == nil || len(r.Rollback.Touches(units.Restart)) != 2 {
			t.Errorf("rollback: %v", r.Rollback)
		}
		w.wantLive(t, "after a rollback", before)
	})
}

// A worker that restarts while the new ones are not there yet would be missed.
func TestAStepWaitsForAllThatItNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(basic, "workers: 3", "workers: 1", 1))
		p := w.start()
		w.sys.Took = time.Second
		w.sys.Watch()
		c := put(t, "/workers", "4")
		more := c.Edit
		c.Edit = func(d *config.Document) (*config.Document, error) {
			d, err := put(t, "/nsid", `"x"`).Edit(d)
			if err != nil {
				return nil, err
			}
			return more(d)
		}
		r, err := p.Change(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		jobs := w.sys.Jobs()
		if last := jobs[len(jobs)-1]; last != "restart kresd@1.service" {
			t.Errorf("the last job is %s", last)
		}
		for _, s := range r.Plan.Steps {
			if n := count(jobs, string(s.Kind)+" "+s.Unit); s.Kind != units.Try && n != 1 {
				t.Errorf("%s %s was done %d times", s.Kind, s.Unit, n)
			}
		}
		p.wantState(t, "running")
	})
}

func count(all []string, want string) (n int) {
	for _, s := range all {
		if s == want {
			n++
		}
	}
	return n
}
