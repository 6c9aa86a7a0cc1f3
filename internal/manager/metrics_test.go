// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// statistics says who gave any: "1: yes".
func (p *process) statistics(t *testing.T) []string {
	t.Helper()
	all, err := p.Statistics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, s := range all {
		yes := "yes"
		if s.Counts == nil {
			yes = "no"
		}
		if (s.Error == "") != (s.Counts != nil) {
			t.Errorf("%+v", s)
		}
		told = append(told, units.Instance(s.Unit)+": "+yes)
	}
	return told
}

func TestStatisticsOfWorkersThatRunOrShouldRun(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*world, *process)
		want []string
	}{
		{"all answer", func(*world, *process) {}, []string{"1: yes", "2: yes", "3: yes"}},
		{"one does not answer", func(w *world, _ *process) { w.sys.Break("statistics kresd@2.service", fakesystemd.Mute) }, []string{"1: yes", "2: no", "3: yes"}},
		{"one is gone", func(w *world, _ *process) { w.sys.Crash("kresd@3.service") }, []string{"1: yes", "2: yes", "3: no"}},
		{"one too many", func(w *world, _ *process) { w.sys.AdminStart("kresd@12.service") }, []string{"1: yes", "2: yes", "3: yes", "12: yes"}},
		{"the bus is gone", func(w *world, _ *process) { w.sys.Break("observe", fakesystemd.BusGone) }, []string{"1: yes", "2: yes", "3: yes"}},
		{"they are off", func(_ *world, p *process) { p.change(t, "/monitoring", `{"metrics": "manager-only"}`) }, []string{"1: no", "2: no", "3: no"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			c.do(w, p)
			if got := p.statistics(t); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestABusThatHangsDoesNotHideTheWorkers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Script("observe", fakesystemd.Hangs)
	p.wantMetrics(t, "without the bus", `kresd_manager_systemd_reachable 0`, `resolver_metrics_loaded{instance_id="kresd:kresd3"} 1`)
}

// A manager that comes back after a crash knows the workers that it finds.
func TestAdoptedWorkersGiveStatistics(t *testing.T) {
	w := newWorld(t, basic)
	w.start().kill()
	if got := w.start().statistics(t); !slices.Equal(got, []string{"1: yes", "2: yes", "3: yes"}) {
		t.Errorf("got %q", got)
	}
}

// wantMetrics fails the test unless these lines are in the text.
func (p *process) wantMetrics(t *testing.T, when string, lines ...string) {
	t.Helper()
	text, err := p.Prometheus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(text), "\n")
	for _, l := range lines {
		if !slices.Contains(all, l) {
			t.Errorf("%s, there is no %s in\n%s", when, l, text)
		}
	}
}

func TestFailedChangesAreCounted(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.wantMetrics(t, "after the start",
		`kresd_manager_changes_total{result="applied"} 0`, `kresd_manager_changes_total{result="failed"} 0`,
		`kresd_manager_last_change_success 1`, `kresd_manager_state{state="running"} 1`, `kresd_manager_workers 3`,
		fmt.Sprintf("kresd_manager_configuration_info{etag=%q,generation=%q} 1", p.Running().ETag(), p.wantState(t, "running").Generation),
		`resolver_metrics_loaded{instance_id="kresd:kresd3"} 1`, `kresd_manager_unit_active{component="worker",unit="kresd@3.service"} 1`)
	p.change(t, "/nsid", `"x"`)
	dry := put(t, "/nsid", `"y"`)
	dry.DryRun = true
	if _, err := p.Change(t.Context(), dry); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Change(t.Context(), put(t, "/workers", `"x"`)); err == nil {
		t.Fatal("a word is no number of workers")
	}
	p.wantMetrics(t, "after a change, a dry run and a wrong request",
		`kresd_manager_changes_total{result="applied"} 1`, `kresd_manager_changes_total{result="failed"} 0`, `kresd_manager_last_change_success 1`)
	if _, err := p.Change(t.Context(), put(t, "/lua", fmt.Sprintf(`{"script": %q}`, fakesystemd.Refusal))); err == nil {
		t.Fatal("workers took what they refuse")
	}
	w.write("workers: [")
	if _, err := p.Reload(t.Context(), units.Again{}); err == nil {
		t.Fatal("half a file was taken")
	}
	p.wantMetrics(t, "after a refused change and a broken file",
		`kresd_manager_changes_total{result="applied"} 1`, `kresd_manager_changes_total{result="failed"} 2`, `kresd_manager_last_change_success 0`,
		`kresd_manager_configuration_differs_from_file 1`)
}

func TestWhatHappensIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.FillCache(81)
		w.sys.Crash(units.Worker(1))
		p.drift()
		w.sys.AutoRestart()
		p.drift()
		w.sys.AdminStop(units.Worker(2))
		p.drift()
		p.change(t, "/nsid", `"x"`)
		p.wantMetrics(t, "after a crash, a repair and a change",
			`kresd_manager_unit_crashes_total{component="worker",result="signal",unit="kresd@1.service"} 1`,
			`kresd_manager_unit_drifts_total{component="worker",unit="kresd@2.service"} 1`,
			`kresd_manager_repairs_total{result="repaired"} 1`, `kresd_manager_repairs_total{result="failed"} 0`,
			`kresd_manager_change_duration_seconds_count{result="applied"} 1`,
			`kresd_manager_cache_usage_ratio 0.81`, `kresd_manager_cache_entries 1234`,
			`kresd_manager_worker_upstream_timeouts_total{instance_id="kresd:kresd3"} 3`,
			`kresd_manager_worker_loop_delay_seconds{instance_id="kresd:kresd3"} 0.002`,
			`kresd_manager_degraded_sources 0`)
	})
}

func TestCacheIsClearedByTheFirstWorkerThatAnswers(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	pid := func(unit string) string { return fmt.Sprintf(`{"count":%d}`, w.sys.Live().Unit(unit).MainPID) }
	if said, err := p.ClearCache(t.Context(), units.CacheClear{}); err != nil || string(said) != pid("kresd@1.service") {
		t.Errorf("%s, %v", said, err)
	}
	w.sys.Break("clear-cache kresd@1.service", fakesystemd.Mute)
	w.sys.Crash("kresd@2.service")
	if said, err := p.ClearCache(t.Context(), units.CacheClear{}); err != nil || string(said) != pid("kresd@3.service") {
		t.Errorf("with one left: %s, %v", said, err)
	}
	w.sys.Crash("kresd@3.service")
	if said, err := p.ClearCache(t.Context(), units.CacheClear{}); !errors.Is(err, units.ErrNoWorker) {
		t.Errorf("with none left: %s, %v", said, err)
	}
}

func TestWhatAWorkerRefusesToClearIsNotAskedOfTheNext(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	_, err := p.ClearCache(t.Context(), units.CacheClear{Name: "a", Exact: true, Type: fakesystemd.UnknownType})
	var refused *units.WorkerError
	if !errors.As(err, &refused) || refused.Unit != "kresd@1.service" || refused.Message != "unknown record type NONE" {
		t.Errorf("%v", err)
	}
}
