// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/unitfile"
	"kresd-manager/packaging"
	"kresd-manager/units"
)

// takes is how long a job takes in these tests.
const takes = 200 * time.Millisecond

// coldBench is one on which nothing runs and jobs take their time, with the plan of a
// start: rules, then two workers and something else beside them.
func coldBench(t *testing.T) (*bench, units.Plan) {
	t.Helper()
	dir := t.TempDir()
	b := benchIn(dir)
	b.sys.Took = takes
	b.want = units.Desired{Generation: "g", WorkerHash: "1f", RulesHash: "2e"}
	for name, text := range map[string]string{"worker/worker.lua": "'STATUS=config 1f'", "policy-loader/policy-loader.lua": "'STATUS=rules 2e'"} {
		err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b, units.Plan{Steps: []units.Step{
		{N: 1, Kind: units.Load, Unit: units.PolicyLoader},
		{N: 2, Kind: units.Start, Unit: units.Worker(1), After: []int{1}},
		{N: 3, Kind: units.Start, Unit: units.Worker(2), After: []int{1}},
		{N: 4, Kind: units.Reset, Unit: units.Worker(1), After: []int{2}},
	}}
}

// waiting are the jobs that systemd has while the rules are being loaded.
func waiting(b *bench) <-chan []string {
	queue := make(chan []string, 1)
	time.AfterFunc(takes/2, func() { queue <- b.sys.Queued() })
	return queue
}

func TestJobsOfAStartAreQueuedBeforeTheRulesAreLoaded(t *testing.T) {
	for name, c := range map[string]struct {
		mode  Mode
		ahead bool
	}{
		"where no one is served": {Mode{}, true},
		"where others serve":     {Mode{Serving: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, plan := coldBench(t)
				if c.mode.Serving {
					b.sys.AdminStart(units.Target)
					time.Sleep(2 * takes)
				}
				waiting := waiting(b)
				if out := b.Carry(t.Context(), plan, b.want, c.mode); out.Err != nil || !out.Loaded {
					t.Fatalf("outcome: %+v", out)
				}
				queue := <-waiting
				ahead := slices.ContainsFunc(queue, func(j string) bool { return strings.Contains(j, units.Worker(2)) })
				if ahead != c.ahead {
					t.Errorf("while the rules are loaded there are the jobs %q", queue)
				}
				started, told := slices.Index(b.took, "start kresd@1.service"), slices.Index(b.took, "reset kresd@1.service")
				if b.took[0] != "load kres-policy-loader.service" || told < started {
					t.Errorf("took %q", b.took)
				}
			})
		})
	}
}

// hesitant is a systemd whose target is seen otherwise than it is while rules are loaded.
type hesitant struct {
	*fakesystemd.Systemd
	state units.Observed

	mu    sync.Mutex
	looks int // that see it so
	lag   int // questions for the mark that are answered as if nothing had been told since
	load  bool
	since map[string]units.Mark // of the starts of units
}

func (h *hesitant) ObserveUnit(ctx context.Context, name string) (units.Observed, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.load && h.looks > 0 && name == units.Target {
		h.looks--
		return h.state, nil
	}
	return h.Systemd.ObserveUnit(ctx, name)
}

func (h *hesitant) Mark() units.Mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.load && h.lag > 0 {
		h.lag--
		return 0
	}
	return h.Systemd.Mark()
}

func (h *hesitant) loading(is bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.load = is
}

func (h *hesitant) Restart(ctx context.Context, name string, terms units.JobTerms) error {
	h.loading(true)
	defer h.loading(false)
	return h.Systemd.Restart(ctx, name, terms)
}

func (h *hesitant) Start(ctx context.Context, name string, terms units.JobTerms) error {
	h.mu.Lock()
	h.since[name] = terms.Since
	h.mu.Unlock()
	return h.Systemd.Start(ctx, name, terms)
}

// A worker that was asked for before the target was seen active would take the end of the
// target's own start for a stop by someone.
func TestNothingIsQueuedAheadBeforeTheTargetIsSeenActive(t *testing.T) {
	coming := units.Observed{Name: units.Target, ActiveState: "inactive", Job: 2, JobType: "start"}
	for name, c := range map[string]struct {
		looks int
		state units.Observed
		lag   int
		ahead bool
	}{
		"it is on its way at first":     {1, coming, 0, true},
		"it waits for workers":          {100, coming, 0, false},
		"its start is told late":        {0, coming, 2, true},
		"its start is not told":         {0, coming, 100, false},
		"someone has it stop meanwhile": {1, units.Observed{Name: units.Target, ActiveState: "active", Job: 3, JobType: "stop"}, 0, false},
		"it is not there":               {1, units.Observed{Name: units.Target, ActiveState: "inactive"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, plan := coldBench(t)
				h := &hesitant{Systemd: b.sys, state: c.state, looks: c.looks, lag: c.lag, since: map[string]units.Mark{}}
				b.Systemd = h
				waiting := waiting(b)
				if out := b.Carry(t.Context(), plan, b.want, Mode{}); out.Err != nil {
					t.Fatal(out.Err)
				}
				queue := <-waiting
				if ahead := slices.ContainsFunc(queue, func(j string) bool { return strings.Contains(j, units.Worker(2)) }); ahead != c.ahead {
					t.Errorf("while the rules are loaded there are the jobs %q", queue)
				}
				for unit, since := range h.since {
					if since == 0 {
						t.Errorf("%s was asked for without knowing that the target serves", unit)
					}
				}
			})
		})
	}
}

// A worker that was asked for before the rules failed must not come up without them.
func TestWhatWasQueuedAheadIsTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*bench, func())
		want string // what the rules fail for; "" if a worker may be the first
	}{
		"the rules fail": {func(b *bench, _ func()) { b.sys.Script("restart kres-policy-loader.service", fakesystemd.Fails) }, "failed"},
		"it is canceled": {func(_ *bench, cancel func()) { time.AfterFunc(takes/2, cancel) }, units.ErrCanceled.Error()},
		"all is stopped": {func(b *bench, _ func()) {
			time.AfterFunc(takes/2, func() { b.sys.AdminStop(units.Target) })
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, plan := coldBench(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c.act(b, cancel)
				out := b.Carry(ctx, plan, b.want, Mode{})
				var step *units.StepError
				if !errors.As(out.Err, &step) || c.want != "" && step.Step.Kind != units.Load || !strings.Contains(out.Err.Error(), c.want) {
					t.Errorf("outcome: %v, want %q of the rules", out.Err, c.want)
				}
				time.Sleep(5 * takes)
				live := b.sys.Live()
				if queue := b.sys.Queued(); len(live.RunningWorkers()) != 0 || len(queue) != 0 {
					t.Errorf("workers %v run, jobs %q", live.RunningWorkers(), queue)
				}
			})
		})
	}
}

// A load may take longer than a worker has for its start.
func TestAWorkerThatWaitsForRulesHasItsTimeAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, plan := coldBench(t)
		b.sys.Took = workerDeadline + time.Minute
		if out := b.Carry(t.Context(), plan, b.want, Mode{}); out.Err != nil {
			t.Errorf("outcome: %v", out.Err)
		}
	})
}

// What is left to systemd is what the unit files say.
func TestUnitsThatAreQueuedAheadAreOrderedByTheirFiles(t *testing.T) {
	load := units.Step{Kind: units.Load, Unit: units.PolicyLoader}
	for _, name := range []string{units.Worker(1), units.Worker(7), units.CacheGC, units.Component{Name: "x"}.Unit(), units.Canary} {
		u, err := packaging.Unit(name)
		if err != nil {
			t.Fatal(err)
		}
		after := slices.ContainsFunc(u.Options, func(o unitfile.Option) bool {
			return o.Name == "After" && slices.Contains(strings.Fields(o.Value), units.PolicyLoader)
		})
		if ahead := ordered(load, units.Step{Kind: units.Start, Unit: name}); ahead && !after {
			t.Errorf("%s is queued ahead of %s and has no After= for it", name, units.PolicyLoader)
		}
		for _, kind := range []units.Kind{units.Restart, units.Reset, units.Try, units.Stop} {
			if ordered(load, units.Step{Kind: kind, Unit: name}) {
				t.Errorf("%s of %s is queued ahead of a load", kind, name)
			}
		}
	}
	if !ordered(load, units.Step{Kind: units.Start, Unit: units.Worker(1)}) {
		t.Error("no worker is queued ahead")
	}
}
