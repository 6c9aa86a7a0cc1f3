// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/test/contract"
	"kresd-manager/units"
)

// administered is a manager on a systemd in memory on which someone else acts.
type administered struct {
	inMemory

	mu  sync.Mutex // of those who act at the same time
	act func(contract.Moment)
}

// restartPause is that of the units.
const restartPause = 100 * time.Millisecond

func (s *administered) Settle(*testing.T) {
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

// Between has someone act around each call and in the middle of each job.
func (s *administered) Between(act func(contract.Moment)) {
	s.mu.Lock()
	s.act = act
	s.mu.Unlock()
	if act == nil {
		s.w.sys.Between(nil)
		return
	}
	s.w.sys.Between(func(m fakesystemd.Moment) {
		job := m.Verb == "start" || m.Verb == "restart"
		if job && !m.After {
			time.AfterFunc(s.w.sys.Took/2, func() { s.moment(contract.Moment{}) })
		}
		// At these it has been seen that the target is active, and no step is about to
		// start something else.
		s.moment(contract.Moment{Gap: !m.After || m.Verb != "observe" && m.Unit != units.PolicyLoader && m.Unit != units.Canary})
	})
}

func (s *administered) moment(m contract.Moment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.act != nil {
		s.act(m)
	}
}

func (s *administered) Do(t *testing.T, a contract.Act) {
	t.Helper()
	sys := s.w.sys
	switch a.Verb {
	case contract.Stop:
		sys.AdminStop(a.Unit)
	case contract.Start:
		sys.AdminStart(a.Unit)
	case contract.Restart:
		sys.AdminRestart(a.Unit)
	case contract.Mask:
		sys.Mask(a.Unit)
	case contract.Unmask:
		sys.Unmask(a.Unit)
	case contract.Freeze:
		sys.Freeze(a.Unit)
	case contract.Thaw:
		sys.Thaw(a.Unit)
	case contract.Kill:
		if sys.PIDs()[a.Unit] != 0 {
			sys.Crash(a.Unit)
			time.AfterFunc(restartPause, sys.AutoRestart)
		}
	default:
		t.Fatalf("%s is nothing that is done here", a)
	}
	s.p.Drifted(a.Unit) // systemd tells
}

func (s *administered) PutUnconfirmed(t *testing.T, doc string) (units.Report, error) {
	c := s.whole(t, doc)
	c.ConfirmWithin = 5 * time.Minute
	return s.p.Change(t.Context(), c)
}

func (s *administered) Stir(t *testing.T, what string) {
	t.Helper()
	switch what {
	case "drift":
		s.p.Drifted("")
	case "restart":
		s.p.end()
		s.again(t)
	case "crash":
		s.p.kill()
		s.again(t)
	case "file":
		s.p.Changed(t.Context(), []string{"/a/file"})
	case "unconfirmed":
		time.Sleep(6 * time.Minute)
	default:
		t.Fatalf("%q is nothing that happens here", what)
	}
	s.Settle(t)
}

// again starts a manager, as often as its unit does (Restart=on-failure).
func (s *administered) again(t *testing.T) {
	t.Helper()
	var err error
	for range 5 {
		s.p = s.w.process(s.w.sys.Client())
		if err = s.p.Start(t.Context()); err == nil {
			s.p.run(t)
			s.p.settle(t)
			return
		}
		time.Sleep(restartPause)
	}
	t.Fatalf("the manager does not start: %v", err)
}

func (s *administered) Recover(t *testing.T) {
	for range 10 {
		s.Settle(t)
		s.p.Drifted("")
		time.Sleep(time.Minute)
		if s.Status(t).State == "running" {
			return
		}
	}
}

// Status is what is reported when no repair is under way.
func (s *administered) Status(t *testing.T) units.Status {
	t.Helper()
	for range 100 {
		synctest.Wait()
		st, err := s.p.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st.State != "applying" {
			return st
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a repair does not end")
	return units.Status{}
}

func (s *administered) Desired(t *testing.T, generation string) units.Desired {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.w.store.Root, "generations", generation, "components.json"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := units.ReadDesired(text)
	if err != nil {
		t.Fatal(err)
	}
	d.Generation = generation
	return d
}

func (s *administered) Observed(*testing.T) units.Live { return s.w.sys.Live() }

func (s *administered) Answers(t *testing.T, unit string) bool {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return s.w.sys.Probe(ctx, units.Instance(unit)) == nil
}

// administrate runs the contract with an administrator who has some verbs.
func administrate(t *testing.T, seeds uint64, verbs ...string) {
	for seed := range seeds {
		failed := t.Failed()
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, basic)
			w.sys.Took = 20 * time.Millisecond
			contract.RunAdministered(t, &administered{inMemory: inMemory{w, w.start()}}, seed, 4, verbs...)
		})
		if !failed && t.Failed() {
			t.Fatalf("the first seed that fails is %d", seed)
		}
	}
}

func TestContractWithAnAdministrator(t *testing.T) {
	for name, verbs := range map[string][]string{
		"who stops":    {contract.Stop},
		"who starts":   {contract.Start, contract.Restart},
		"who masks":    {contract.Mask, contract.Stop},
		"who kills":    {contract.Kill},
		"who freezes":  {contract.Freeze},
		"of all kinds": {contract.Stop, contract.Start, contract.Restart, contract.Mask, contract.Unmask, contract.Kill, contract.Freeze, contract.Thaw},
	} {
		t.Run(name, func(t *testing.T) { administrate(t, 30, verbs...) })
	}
}

// A canary wants the policy-loader, and that the target: its start would bring back
// what was stopped when the plan had been made.
func TestACanaryBringsNothingBack(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Between(func(m fakesystemd.Moment) {
		if m.Verb == "observe" && m.After {
			w.sys.StopTarget()
		}
	})
	_, err := p.Change(t.Context(), put(t, "/nsid", `"x"`))
	w.sys.Between(nil)
	var step *units.StepError
	if !errors.As(err, &step) || step.Step.Kind != units.Try || !errors.Is(err, units.ErrTargetStopped) {
		t.Errorf("change: %v", err)
	}
	if live := w.live(); len(live) > 0 || w.sys.Live().Target.ActiveState == "active" {
		t.Errorf("running after the target was stopped: %v", live)
	}
	p.wantState(t, "stopped")
}

// A worker that is frozen is left alone, also if it is not wanted any more; but then
// not all is as wanted.
func TestAFrozenWorkerThatIsNotWantedIsReported(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Freeze(units.Worker(3))
	p.change(t, "/workers", "2")
	for _, u := range p.wantState(t, "degraded").Units {
		if u.Current != (u.Unit != units.Worker(3)) {
			t.Errorf("%s is as wanted: %t", u.Unit, u.Current)
		}
	}
	w.sys.AdminStop(units.Worker(3))
	p.wantState(t, "running")
}
