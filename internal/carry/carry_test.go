// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

type noLinks struct{}

func (noLinks) Link(units.Role, string) error { return nil }
func (noLinks) Strict(string, []string) error { return nil }

// bench is an executor on a systemd in memory, on which some workers run.
type bench struct {
	*Executor
	sys  *fakesystemd.Systemd
	want units.Desired
	took []string
}

func newBench(t *testing.T) *bench { return benchIn(t.TempDir()) }

// benchIn is newBench with the links of generations in a folder.
func benchIn(dir string) *bench {
	b := &bench{sys: fakesystemd.New(dir)}
	b.Executor = &Executor{
		Systemd: b.sys, Workers: b.sys, Links: noLinks{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Journal: b.sys.Journal, Explain: func(_ string, lines []string) []string { return lines },
		LimitsRule: "limits.rules", Tell: func(units.Event) {},
		Took: func(s units.Step, err error) {
			what := string(s.Kind) + " " + s.Unit
			if err != nil {
				what += " failed"
			}
			b.took = append(b.took, what)
		},
	}
	return b
}

// steps is a plan whose steps wait for each other.
func steps(kind units.Kind, names ...string) units.Plan {
	var p units.Plan
	for i, name := range names {
		s := units.Step{N: i + 1, Kind: kind, Unit: name}
		if i > 0 {
			s.After = []int{i}
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

func TestStepsThatWaitForAFailureDoNotBegin(t *testing.T) {
	b := newBench(t)
	b.sys.Script("stop kresd@2.service", fakesystemd.Denied)
	out := b.Carry(t.Context(), steps(units.Stop, "kresd@1.service", "kresd@2.service", "kresd@3.service"), b.want, Mode{})
	var step *units.StepError
	if !errors.As(out.Err, &step) || step.Step.Unit != "kresd@2.service" || !errors.Is(out.Err, units.ErrForbidden) {
		t.Errorf("outcome: %v", out.Err)
	}
	if want := []string{"stop kresd@1.service", "stop kresd@2.service failed"}; !slices.Equal(b.took, want) {
		t.Errorf("took %q", b.took)
	}
}

func TestAnOptionalStepMayFailInTheWaysThatWereForeseen(t *testing.T) {
	for _, test := range []struct {
		kind  units.Kind
		call  string
		fault fakesystemd.Fault
		goes  bool
	}{
		{units.Start, "start kres-gc.service", fakesystemd.Fails, true},
		{units.Start, "start kres-gc.service", fakesystemd.TimesOut, true},
		{units.Start, "start kres-gc.service", fakesystemd.Denied, false},
		{units.Start, "start kres-gc.service", fakesystemd.BusGone, false},
		{units.Set, "set kres-gc.service", fakesystemd.Denied, true}, // the rule that allows it is optional
		{units.Set, "set kres-gc.service", fakesystemd.BusGone, false},
	} {
		b := newBench(t)
		b.sys.Script(test.call, test.fault)
		plan := steps(test.kind, units.CacheGC)
		plan.Steps[0].Optional = true
		plan.Steps = append(plan.Steps, units.Step{N: 2, Kind: units.Stop, Unit: "kresd@9.service", After: []int{1}})
		out := b.Carry(t.Context(), plan, b.want, Mode{})
		if (out.Err == nil) != test.goes || (len(b.took) == 2) != test.goes {
			t.Errorf("%s with fault %v: %v, took %q", test.call, test.fault, out.Err, b.took)
		}
	}
}

// What is canceled ends: a load at once, for it may take minutes; other steps within
// seconds, whatever they wait for.
func TestEveryStepCanBeCanceled(t *testing.T) {
	for _, test := range []struct {
		kind   units.Kind
		unit   string
		within time.Duration
	}{
		{units.Load, units.PolicyLoader, time.Second},
		{units.Start, units.CacheGC, lastWait + time.Second},
		{units.Restart, "kresd@1.service", lastWait + time.Second},
		{units.Stop, "kresd@1.service", lastWait + time.Second},
		{units.Try, units.Canary, lastWait + time.Second},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.sys.Took = time.Hour
				why := errors.New("a reason")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Minute, func() { cancel(why) })
				began := time.Now()
				out := b.Carry(ctx, steps(test.kind, test.unit), b.want, Mode{})
				if took := time.Since(began) - time.Minute; took > test.within {
					t.Errorf("it ended %s after it was canceled", took)
				}
				var step *units.StepError
				if !errors.As(out.Err, &step) || !errors.Is(out.Err, why) || step.Refused {
					t.Errorf("outcome: %v", out.Err)
				}
				b.sys.Took = 0
				time.Sleep(2 * time.Hour) // the job that was left
			})
		})
	}
}

func TestACanceledPlanBeginsNothing(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := b.Carry(ctx, steps(units.Stop, "kresd@1.service"), b.want, Mode{})
	if !errors.Is(out.Err, units.ErrCanceled) || len(b.took) > 0 {
		t.Errorf("outcome: %v, took %q", out.Err, b.took)
	}
}

func TestNothingIsStartedAfterAStopOfTheTarget(t *testing.T) {
	for kind, goes := range map[units.Kind]bool{units.Start: false, units.Restart: false, units.Load: false, units.Stop: true} {
		b := newBench(t) // where the target is not active
		out := b.Carry(t.Context(), steps(kind, units.CacheGC), b.want, Mode{Serving: true})
		if (out.Err == nil) != goes || !goes && !errors.Is(out.Err, units.ErrTargetStopped) {
			t.Errorf("%s: %v", kind, out.Err)
		}
		for _, j := range b.sys.Jobs() {
			if !goes {
				t.Errorf("%s: job %s", kind, j)
			}
		}
	}
}

// In a goroutine of a step it would end the process without a word.
func TestADefectInAStepReachesWhoCarriesOut(t *testing.T) {
	b := newBench(t)
	b.sys.Script("start "+units.CacheGC, fakesystemd.Panics)
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, "a defect that a test asked for") {
			t.Errorf("recovered %q", p)
		}
	}()
	b.Carry(t.Context(), steps(units.Start, units.CacheGC), b.want, Mode{})
	t.Error("it went on")
}

// startling is a systemd on which a component has announced its command and ends when it
// is to become that.
type startling struct {
	*fakesystemd.Systemd
	args  []string
	ends  int // after so many looks
	looks int
}

func (s *startling) ObserveUnit(ctx context.Context, name string) (units.Observed, error) {
	o, err := s.Systemd.ObserveUnit(ctx, name)
	if _, component := units.ComponentName(name); component && o.MainPID != 0 {
		o.Args = s.args
		if s.looks++; s.looks > s.ends {
			o.ActiveState, o.SubState, o.Result, o.MainPID = "failed", "failed", "exit-code", 0
		}
	}
	return o, err
}

func TestAComponentIsNotThereBeforeItIsTheCommand(t *testing.T) {
	for name, s := range map[string]startling{
		"while it is started":   {args: []string{"--config", "/run/kresd-manager/component/components.json", "extra"}, ends: 2},
		"while it is looked at": {ends: 1},
	} {
		t.Run(name, func(t *testing.T) { announcesAndEnds(t, s) })
	}
}

func announcesAndEnds(t *testing.T, s startling) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		sys := fakesystemd.New(dir)
		b := newBench(t)
		b.sys, b.Systemd, b.Journal = sys, &s, sys.Journal
		s.Systemd = sys
		extra := units.Component{Name: "extra", Kind: units.Dispensable, Command: []string{"/no/such/program"}, Hash: "h"}
		b.want = units.Desired{Generation: "g", Components: []units.Component{extra}}
		text, err := json.Marshal(b.want)
		if err == nil {
			err = os.Mkdir(filepath.Join(dir, "component"), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "component/components.json"), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		out := b.Carry(t.Context(), steps(units.Start, extra.Unit()), b.want, Mode{})
		var failed *units.StepError
		if !errors.As(out.Err, &failed) || !failed.Refused || !strings.Contains(out.Err.Error(), "it started and then ended") {
			t.Errorf("got %v", out.Err)
		}
	})
}

// undone is a systemd on which someone stops what was started, at once.
type undone struct{ *fakesystemd.Systemd }

func (undone) Restart(context.Context, string, units.JobTerms) error { return nil }

func (s undone) ObserveUnit(ctx context.Context, name string) (units.Observed, error) {
	if name == units.PolicyLoader {
		return units.Observed{Name: name, ActiveState: "inactive", Result: "success"}, nil
	}
	return s.Systemd.ObserveUnit(ctx, name)
}

func TestWhatSomeoneStopsIsNoFaultOfTheConfiguration(t *testing.T) {
	b := newBench(t)
	b.Systemd = undone{b.sys}
	out := b.Carry(t.Context(), steps(units.Load, units.PolicyLoader), b.want, Mode{})
	var failed *units.StepError
	if !errors.As(out.Err, &failed) || failed.Refused || !strings.Contains(out.Err.Error(), "someone stopped it meanwhile") {
		t.Errorf("got %+v", out.Err)
	}
}

// Someone restarts a worker just after our job of it is done: it is found on its way, and
// gets where it should.
func TestARestartBySomeoneElseIsNoFaultOfTheConfiguration(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(*fakesystemd.Systemd, string)
		want string // "" if the step succeeds
	}{
		{"a restart", func(s *fakesystemd.Systemd, unit string) { s.AdminRestart(unit) }, ""},
		{"a restart and a stop", func(s *fakesystemd.Systemd, unit string) {
			s.AdminRestart(unit)
			time.AfterFunc(s.Took/2, func() { s.AdminStop(unit) })
		}, "someone stopped it meanwhile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				dir := t.TempDir()
				b.sys = fakesystemd.New(dir)
				b.Systemd, b.Workers, b.Journal = b.sys, b.sys, b.sys.Journal
				b.want = units.Desired{Generation: "g", WorkerHash: "1f"}
				err := os.Mkdir(filepath.Join(dir, "worker"), 0o755)
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, "worker/worker.lua"), []byte("'STATUS=config 1f'"), 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
				b.sys.Took = 200 * time.Millisecond
				var once sync.Once
				b.sys.Between(func(m fakesystemd.Moment) {
					if m.Verb == "restart" && m.After {
						once.Do(func() { c.act(b.sys, m.Unit) })
					}
				})
				out := b.Carry(t.Context(), steps(units.Restart, units.Worker(1)), b.want, Mode{})
				var failed *units.StepError
				switch {
				case c.want == "" && out.Err != nil:
					t.Errorf("got %+v", out.Err)
				case c.want != "" && (!errors.As(out.Err, &failed) || failed.Refused || !strings.Contains(out.Err.Error(), c.want)):
					t.Errorf("got %+v, want %q and no refusal", out.Err, c.want)
				}
			})
		})
	}
}
