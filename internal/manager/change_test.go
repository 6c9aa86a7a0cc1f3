// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

func TestEachChangeTouchesOnlyWhatItMust(t *testing.T) {
	for _, c := range []struct {
		name           string
		pointer, value string
		jobs           []string
	}{
		{"the same value", "/workers", "3", nil},
		{"another way to write the same value", "/cache/garbage-collector/interval", "1000ms", nil},
		{"a local address", "/local-data/addresses/new.example", `"192.0.2.2"`, []string{
			"restart kres-policy-loader.service",
			"reset-rules kresd@1.service", "reset-rules kresd@2.service", "reset-rules kresd@3.service"}},
		{"a forwarded zone", "/forward", `[{"subtree": "example", "servers": ["192.0.2.53"]}]`, []string{
			"restart kres-policy-loader.service",
			"reset-rules kresd@1.service", "reset-rules kresd@2.service", "reset-rules kresd@3.service"}},
		{"the worker's own configuration", "/nsid", `"x"`, []string{
			"start kresd@canary.service", "stop kresd@canary.service",
			"restart kresd@1.service", "restart kresd@2.service", "restart kresd@3.service"}},
		{"one more worker", "/workers", "4", []string{"start kresd@4.service"}},
		{"fewer workers", "/workers", "1", []string{"stop kresd@3.service", "stop kresd@2.service"}},
		{"an option of the garbage collector", "/cache/garbage-collector/release", "20", []string{"restart kres-gc.service"}},
		{"no garbage collector", "/cache/garbage-collector/enable", "false", []string{"stop kres-gc.service"}},
		{"the log level, which all processes have", "/logging/level", `"debug"`, []string{
			"start kresd@canary.service", "stop kresd@canary.service",
			"restart kres-policy-loader.service",
			"restart kresd@1.service", "restart kresd@2.service", "restart kresd@3.service",
			"restart kres-gc.service"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			w.sys.Watch()
			p.change(t, c.pointer, c.value)
			if diff := cmp.Diff(places(c.jobs), places(w.sys.Jobs())); diff != "" {
				t.Errorf("jobs:\n%s", diff)
			}
			p.wantState(t, "running")
		})
	}
}

// places returns the place of each job among those whose order matters: resets,
// and what concerns the garbage collector, run at the same time as others.
func places(jobs []string) map[string]int {
	place, next := map[string]int{}, 1
	for _, j := range jobs {
		if strings.HasPrefix(j, "reset-rules") || strings.HasSuffix(j, " "+units.CacheGC) {
			place[j] = 0
			continue
		}
		place[j] = next
		next++
	}
	return place
}

func TestNoChangeIsNoStepAndIsReportedAsDone(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Watch()
	r := p.change(t, "/workers", "3")
	if !r.Plan.Empty() || r.Error != "" || r.Rollback != nil {
		t.Errorf("report: %+v", r)
	}
	w.wantJobs(t)
	if s := p.wantState(t, "running"); s.LastApply.Cause != "PUT /workers" {
		t.Errorf("the last change is %q", s.LastApply.Cause)
	}
}

func TestRulesReachEveryWorker(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	p.change(t, "/local-data/addresses/new.example", `"192.0.2.2"`)
	for _, name := range []string{"kresd@1.service", "kresd@2.service", "kresd@3.service"} {
		now := w.live()[name]
		if now.Rules == before[name].Rules || units.RulesStatus+now.Rules != w.live()[units.PolicyLoader].Config {
			t.Errorf("%s answers with rules %s, the loader says %s", name, now.Rules, w.live()[units.PolicyLoader].Config)
		}
	}
}

func TestARollLeavesAtMostOneWorkerDown(t *testing.T) {
	for _, workers := range []string{"1", "2", "3", "8"} {
		t.Run(workers+" workers", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, strings.Replace(basic, "workers: 3", "workers: "+workers, 1))
				p := w.start()
				n := p.wantState(t, "running").Workers
				w.sys.Took = 100 * time.Millisecond
				w.sys.Watch()
				p.change(t, "/nsid", `"x"`)
				if least := w.sys.LeastServing(); least < max(1, n-1) {
					t.Errorf("%d of %d workers served at the worst moment", least, n)
				}
				for name, u := range w.live() {
					if strings.HasPrefix(name, "kresd@") && u.Config == "" {
						t.Errorf("%s is %+v", name, u)
					}
				}
				if got := len(w.sys.Live().RunningWorkers()); got != n {
					t.Errorf("%d workers run, want %d", got, n)
				}
			})
		})
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		synctest.Wait() // until the history is on disk
		w.sys.Watch()
		before, files, status := p.Running().ETag(), tree(t, w.dir), p.wantState(t, "running")
		c := put(t, "/nsid", `"x"`)
		c.DryRun = true
		r, err := p.Change(t.Context(), c)
		if err != nil || !r.DryRun || len(r.Plan.Steps) != 4 {
			t.Errorf("report: %+v %v", r, err)
		}
		w.write(strings.Replace(basic, "workers: 3", "workers: 2", 1))
		files["config.yaml"] = tree(t, w.dir)["config.yaml"]
		if r, err := p.Reload(t.Context(), units.Again{DryRun: true}); err != nil || len(r.Plan.Steps) != 1 {
			t.Errorf("report: %+v %v", r, err)
		}
		if r, err := p.Renew(t.Context(), units.Again{DryRun: true}); err != nil || r.Plan.Steps[0].Kind != units.Load {
			t.Errorf("report: %+v %v", r, err)
		}
		w.write("workers: [")
		files["config.yaml"] = tree(t, w.dir)["config.yaml"]
		var problems config.Problems
		if _, err := p.Reload(t.Context(), units.Again{DryRun: true}); !errors.As(err, &problems) {
			t.Errorf("reload of a broken file: %v", err)
		}
		w.wantJobs(t)
		if p.Running().ETag() != before {
			t.Error("the running configuration is another one")
		}
		if diff := cmp.Diff(files, tree(t, w.dir)); diff != "" {
			t.Errorf("files:\n%s", diff)
		}
		now := p.wantState(t, "running")
		if now.FileFault == "" {
			t.Error("the status does not say that the file is broken")
		}
		now.FileNow, now.FileFault = status.FileNow, status.FileFault
		if diff := cmp.Diff(status, now); diff != "" {
			t.Errorf("status:\n%s", diff)
		}
	})
}

// tree returns the content of all files, and where links lead.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if d.Type()&os.ModeSymlink != 0 {
			files[name], err = os.Readlink(path)
			return err
		}
		b, err := os.ReadFile(path)
		files[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestForceRestartsEverythingOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before, pids := w.live(), w.sys.PIDs()
		w.sys.Took = 100 * time.Millisecond
		w.sys.Watch()
		if _, err := p.Reload(t.Context(), units.Again{Force: true}); err != nil {
			t.Fatal(err)
		}
		if least := w.sys.LeastServing(); least != 2 {
			t.Errorf("%d of 3 workers served at the worst moment", least)
		}
		for name, pid := range w.sys.PIDs() {
			if pids[name] == pid {
				t.Errorf("%s was not restarted", name)
			}
		}
		w.wantLive(t, "after a forced reload", before)
	})
}

func TestRenewLoadsTheRulesAndRestartsNoOne(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	pids := w.sys.PIDs()
	w.sys.Watch()
	if _, err := p.Renew(t.Context(), units.Again{}); err != nil {
		t.Fatal(err)
	}
	jobs := w.sys.Jobs()
	if len(jobs) != 4 || jobs[0] != "restart kres-policy-loader.service" || !strings.HasPrefix(jobs[1], "reset-rules") {
		t.Errorf("jobs: %q", jobs)
	}
	if !maps.Equal(pids, w.sys.PIDs()) {
		t.Error("a process was restarted")
	}
}

func TestReloadReplacesWhatTheAPIChanged(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	p.change(t, "/nsid", `"x"`)
	if s := p.wantState(t, "running"); !s.FileDiffers {
		t.Error("status does not tell that the file differs")
	}
	if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
		t.Fatal(err)
	}
	w.wantLive(t, "after a reload", before)
	if s := p.wantState(t, "running"); s.FileDiffers {
		t.Error("status tells that the file differs")
	}
}
