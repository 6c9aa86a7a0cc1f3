// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// machine is a system with something to read for all units.
func machine(t *testing.T) *Systemd {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"worker/worker.lua": "'STATUS=config 1a'", "canary/worker.lua": "'STATUS=config 1a'", "policy-loader/policy-loader.lua": "'STATUS=rules 2b'",
		"cache-gc/gc.json":          `["-c"]`,
		"component/components.json": `{"components": [{"name": "x", "command": ["/bin/x"], "hash": "3c"}]}`,
	} {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return New(root)
}

// active returns the units that are, without the rest of their names.
func active(s *Systemd) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, u := range s.units {
		if u.o.ActiveState == "active" {
			names = append(names, strings.TrimSuffix(name, ".service"))
		}
	}
	slices.Sort(names)
	return names
}

func want(t *testing.T, s *Systemd, when string, names ...string) {
	t.Helper()
	if got := active(s); !slices.Equal(got, names) {
		t.Errorf("%s these are active: %v, and should be: %v", when, got, names)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestAStartPullsInWhatTheUnitFileWants(t *testing.T) {
	s := machine(t)
	must(t, s.Start(t.Context(), units.CacheGC, units.JobTerms{}))
	want(t, s, "after kres-gc", "kres-gc")
	must(t, s.Start(t.Context(), units.Component{Name: "x"}.Unit(), units.JobTerms{}))
	want(t, s, "after a component", "kres-component@x", "kres-gc")
	must(t, s.Start(t.Context(), units.Worker(1), units.JobTerms{}))
	want(t, s, "after a worker", "kres-component@x", "kres-gc", "kres-policy-loader", "kresd.target", "kresd@1")
	if s.Rules(units.Worker(1)) == "" {
		t.Error("the worker came before the rules that it is ordered after")
	}
	before := s.PIDs()
	s.AdminStop(units.PolicyLoader)
	s.Mask(units.PolicyLoader)
	must(t, s.Restart(t.Context(), units.Worker(1), units.JobTerms{}))
	want(t, s, "with a masked loader", "kres-component@x", "kres-gc", "kresd.target", "kresd@1")
	if s.PIDs()[units.Worker(1)] == before[units.Worker(1)] || s.PIDs()[units.CacheGC] != before[units.CacheGC] {
		t.Error("others than the worker were restarted")
	}
}

func TestAStopOfTheTargetStopsWhatIsPartOfIt(t *testing.T) {
	s := machine(t)
	s.AdminStart(units.Worker(1), units.Worker(2), units.CacheGC, units.Component{Name: "x"}.Unit(), units.Canary)
	s.Crash(units.Worker(2))
	s.AdminStop(units.Target)
	s.AutoRestart()
	want(t, s, "after the target was stopped")
	// Nothing is linked to it until kresd-generator has run.
	s.AdminStart(units.Target)
	want(t, s, "after the target was started", "kresd.target")
	s.Want(units.Target, units.Worker(1))
	s.AdminStop(units.Target)
	s.AdminStart(units.Target)
	want(t, s, "after the target was started with a link", "kres-policy-loader", "kresd.target", "kresd@1")
	s.AdminStop(units.Target)
	s.AdminStart(units.Worker(3)) // by the loader, which wants the target
	want(t, s, "after a worker was started by hand", "kres-policy-loader", "kresd.target", "kresd@1", "kresd@3")
	pids := s.PIDs()
	s.AdminRestart(units.Target)
	if now := s.PIDs(); now[units.Worker(1)] == pids[units.Worker(1)] || now[units.Worker(3)] == pids[units.Worker(3)] {
		t.Error("a restart of the target did not restart the workers")
	}
}

func TestJobsRunInTheOrderOfTheUnitFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := machine(t)
		s.Took = time.Second
		began := time.Now()
		start := func(unit string, after time.Duration) {
			go func() {
				must(t, s.Start(t.Context(), unit, units.JobTerms{}))
				if took := time.Since(began); took != after {
					t.Errorf("the start of %s took %v, and should %v", unit, took, after)
				}
			}()
			synctest.Wait()
		}
		start(units.Worker(1), 2*time.Second) // behind the loader
		start(units.Worker(2), 2*time.Second)
		start(units.CacheGC, 3*time.Second) // behind the first worker
		if diff := cmp.Diff([]string{"start kres-gc.service", "start kres-policy-loader.service", "start kresd.target", "start kresd@1.service", "start kresd@2.service"}, s.Queued()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(1500 * time.Millisecond)
		if o, err := s.ObserveUnit(t.Context(), units.Worker(2)); err != nil || o.ActiveState != "activating" || !o.InTransition() {
			t.Errorf("in the middle of its start it is %+v, error %v", o, err)
		}
		time.Sleep(2 * time.Second)
		// Who is ordered after another one stops before it.
		for _, unit := range []string{units.CacheGC, units.Worker(1), units.PolicyLoader} {
			must(t, s.QueueStop(t.Context(), unit))
		}
		time.Sleep(1500 * time.Millisecond)
		if diff := cmp.Diff([]string{"stop kres-policy-loader.service", "stop kresd@1.service"}, s.Queued()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Second)
		if diff := cmp.Diff([]string{"stop kres-policy-loader.service"}, s.Queued()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Second)
		want(t, s, "in the end", "kresd.target", "kresd@2")
	})
}

func TestASecondJobTakesThePlaceOfTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := machine(t)
		s.Took = time.Second
		failed := make(chan error, 1)
		go func() { failed <- s.Start(t.Context(), units.Worker(1), units.JobTerms{}) }()
		time.Sleep(1500 * time.Millisecond)
		s.StopTarget()
		var job *units.JobError
		if err := <-failed; !errors.As(err, &job) || job.Result != "canceled" || job.Instead != "stop" {
			t.Errorf("the start ends with %v", err)
		}
		time.Sleep(10 * time.Second) // the stops take their time
		want(t, s, "after both")
		// A restart joins a start that runs, and comes after it.
		go func() { failed <- s.Start(t.Context(), units.Worker(1), units.JobTerms{Since: s.Mark()}) }()
		time.Sleep(1500 * time.Millisecond)
		must(t, s.Restart(t.Context(), units.Worker(1), units.JobTerms{}))
		must(t, <-failed)
		want(t, s, "after a restart in a start", "kres-policy-loader", "kresd.target", "kresd@1")
	})
}

func TestAJobIsNotWaitedForLongerThanItsCallerWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := machine(t)
		s.Took = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Start(ctx, units.CacheGC, units.JobTerms{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		want(t, s, "a minute later", "kres-gc")
	})
}

func TestAFrozenWorkerAnswersNoOneUntilItIsThawed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := machine(t)
		s.AdminStart(units.Worker(1))
		probe := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return s.Probe(ctx, "1")
		}
		must(t, probe())
		s.Freeze(units.Worker(1))
		if err := probe(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("frozen: %v", err)
		}
		s.Thaw(units.Worker(1))
		must(t, probe())
		s.Freeze(units.Worker(1))
		s.AdminRestart(units.Worker(1))
		must(t, probe())
	})
}

func TestAnAdministratorActsBetweenTheCalls(t *testing.T) {
	s := machine(t)
	var moments []Moment
	s.Between(func(m Moment) {
		moments = append(moments, m)
		if m.Verb == "start" && m.After {
			s.AdminStop(units.Worker(1))
		}
	})
	must(t, s.Start(t.Context(), units.Worker(1), units.JobTerms{}))
	_, err := s.Observe(t.Context(), units.Scope{})
	must(t, err)
	s.Between(nil)
	must(t, s.Start(t.Context(), units.CacheGC, units.JobTerms{}))
	if diff := cmp.Diff([]Moment{{1, "start", units.Worker(1), false}, {2, "start", units.Worker(1), true}, {3, "observe", "", false}, {4, "observe", "", true}}, moments); diff != "" {
		t.Error(diff)
	}
	want(t, s, "in the end", "kres-gc", "kres-policy-loader", "kresd.target")
}
