// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"kresd-manager/internal/manager"
	"kresd-manager/units"
)

// sight is what a manager sees beside systemd.
type sight struct {
	mu     sync.Mutex
	faults map[string]units.Fault // of one run of each unit
	runs   map[string]string
	lost   []units.Loss
	remade int
	err    error // of making anew
}

func (s *sight) Look(_ context.Context, live *units.Live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live.Faults = map[string]units.Fault{}
	for unit, f := range s.faults {
		if s.runs[unit] == "" {
			s.runs[unit] = live.Unit(unit).InvocationID
		}
		if s.runs[unit] == live.Unit(unit).InvocationID {
			live.Faults[unit] = f
		}
	}
}

func (s *sight) Ground() []units.Loss {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

func (s *sight) Took(step units.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if step.Kind == units.Reset && s.faults[step.Unit].Kind == units.Untold {
		delete(s.faults, step.Unit)
	}
}

// ails gives a unit a fault that ends with its process.
func (s *sight) ails(unit string, f units.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[unit] = f
	s.runs[unit] = ""
}

func (s *sight) loses(all ...units.Loss) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = all
}

func (s *sight) options(o *manager.Options) {
	o.Reality = s
	o.Remake = func(context.Context, []units.Loss) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remade++
		return s.err
	}
}

func newSight() *sight { return &sight{faults: map[string]units.Fault{}, runs: map[string]string{}} }

// startWith returns a manager that sees.
func (w *world) startWith(s *sight) *process {
	w.t.Helper()
	p := w.process(w.sys.Client(), s.options)
	if err := p.Start(w.t.Context()); err != nil {
		w.t.Fatalf("start: %v", err)
	}
	p.run(w.t)
	p.settle(w.t)
	return p
}

var mute = units.Fault{Kind: units.Mute, Why: "does not answer on its control socket, which is gone", Cost: "it cannot be notified of new rules"}

// wantProblem fails the test unless status reports a problem with these words.
func wantProblem(t *testing.T, s units.Status, words ...string) {
	t.Helper()
	for _, p := range s.Problems {
		if text := p.String(); !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			return
		}
	}
	t.Errorf("no problem says %q: %v", words, s.Problems)
}

// Who asks for what is in force already waits for no worker's answer: the repair finds
// what is wrong with them.
func TestNoWorkerIsAskedForAChangeThatChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t, basic), newSight()
		p := w.startWith(s)
		s.ails("kresd@2.service", mute)
		shown := put(t, "/workers", "3")
		shown.DryRun = true
		if r, err := p.Change(t.Context(), shown); err != nil || !r.Plan.Empty() {
			t.Errorf("a dry run shows what the change does not do: %v\n%s", err, r.Plan)
		}
		if r := p.change(t, "/workers", "3"); !r.Plan.Empty() {
			t.Errorf("the change does the work of the repair:\n%s", r.Plan)
		}
		if r := p.change(t, "/nsid", `"x"`); !r.Plan.Acts("kresd@2.service") {
			t.Errorf("a change goes by what it has not looked at:\n%s", r.Plan)
		}
	})
}

func TestAMuteWorkerIsRestartedAndNoOtherOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t, basic), newSight()
		p := w.startWith(s)
		w.sys.Watch()
		s.ails("kresd@2.service", mute)
		wantProblem(t, p.wantState(t, "degraded"), "kresd@2.service does not answer on its control socket", "it cannot be notified of new rules", "it is restarted, drained")
		p.drift()
		w.wantJobs(t, "restart kresd@2.service")
		if s := p.wantState(t, "running"); len(s.Problems) != 0 || s.LastRepair == nil || !strings.Contains(s.LastRepair.Plan.String(), mute.Why) {
			t.Errorf("status tells of %v and repair %+v", s.Problems, s.LastRepair)
		}
		if !strings.Contains(w.log.String(), "it cannot be notified of new rules") {
			t.Error("the journal does not tell what it costs")
		}
	})
}

// Before, new rules failed at the worker that cannot be told, and with them every
// change.
func TestAChangeDoesNotFailAtAMuteWorker(t *testing.T) {
	w, s := newWorld(t, basic), newSight()
	p := w.startWith(s)
	w.sys.Watch()
	s.ails("kresd@2.service", mute)
	p.change(t, "/local-data/addresses/host.example", `"192.0.2.9"`)
	jobs := w.sys.Jobs()
	if !slices.Contains(jobs, "restart kresd@2.service") || slices.Contains(jobs, "reset-rules 2") || slices.Contains(jobs, "restart kresd@1.service") {
		t.Errorf("jobs: %v", jobs)
	}
	p.wantState(t, "running")
}

func TestRulesThatAreGoneAreLoadedBeforeWorkersRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t, basic), newSight()
		p := w.startWith(s)
		w.sys.Watch()
		s.ails(units.PolicyLoader, units.Fault{Kind: units.RulesGone, Why: "the rule database is gone", Cost: "a worker that starts has no rules"})
		s.ails("kresd@1.service", units.Fault{Kind: units.Astray, Why: "has a rule database open that was removed"})
		wantProblem(t, p.wantState(t, "degraded"), "the rule database is gone", "a worker that starts has no rules", "the rules are loaded again")
		p.drift()
		jobs := slices.DeleteFunc(w.sys.Jobs(), func(j string) bool { return strings.HasPrefix(j, "reset-rules") })
		if !slices.Equal(jobs, []string{"restart " + units.PolicyLoader, "restart kresd@1.service"}) {
			t.Errorf("jobs: %v", jobs)
		}
		p.wantState(t, "running")
	})
}

func TestAFrozenWorkerIsReportedAndLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t, basic), newSight()
		p := w.startWith(s)
		w.sys.Freeze("kresd@2.service")
		w.sys.Watch()
		p.drift()
		w.wantJobs(t)
		wantProblem(t, p.wantState(t, "degraded"), "kresd@2.service is frozen", "about 1 in 3 of all are lost", "systemctl thaw kresd@2.service")
		if why := p.Needed(t.Context()); why != "kresd@2.service is frozen" {
			t.Errorf("the manager may end, because: %q", why)
		}
		// A change of everything goes on without it, and it follows.
		p.change(t, "/nsid", `"x"`)
		p.change(t, "/local-data/addresses/host.example", `"192.0.2.9"`)
		for _, j := range w.sys.Jobs() {
			if strings.HasSuffix(j, "kresd@2.service") || j == "reset-rules 2" {
				t.Errorf("job %s of a frozen worker", j)
			}
		}
		w.sys.Thaw("kresd@2.service")
		p.drift()
		w.wantJobs(t, "restart kresd@2.service")
		p.wantState(t, "running")
	})
}

func TestAMaskedWorkerIsReported(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Mask("kresd@2.service")
	wantProblem(t, p.wantState(t, "running"), "kresd@2.service is masked", "a change that restarts it fails", "systemctl unmask kresd@2.service")
	w.sys.AdminStop("kresd@2.service")
	wantProblem(t, p.wantState(t, "degraded"), "kresd@2.service is masked", "no one can start it", "systemctl unmask kresd@2.service")
}

func TestWhatUnitsStandOnIsMadeAnewBeforeTheyAreRepaired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t, basic), newSight()
		p := w.startWith(s)
		w.sys.Watch()
		s.ails("kresd@2.service", mute)
		s.loses(units.Loss{Path: "/run/x/api.sock", Why: "/run/x/api.sock, the socket of the API, is gone", Cost: "kresctl cannot reach kresd-manager", Socket: true})
		p.drift()
		w.wantJobs(t)
		if s.remade != 1 {
			t.Errorf("made anew %d times", s.remade)
		}
		wantProblem(t, p.wantState(t, "degraded"), "the socket of the API, is gone", "kresctl cannot reach kresd-manager", "systemctl restart kresd-manager.socket kresd-manager.service")
		// Where it cannot be, that is told where the API is not needed.
		s.err = errors.New("in vain")
		p.drift()
		w.mu.Lock()
		if last := w.states[len(w.states)-1]; !strings.Contains(last, "STATUS=degraded: /run/x/api.sock") || !strings.Contains(last, "systemctl restart") {
			t.Errorf("systemctl status shows %q", last)
		}
		w.mu.Unlock()
		if log := w.log.String(); !strings.Contains(log, "in vain") {
			t.Error("the journal does not tell why")
		}
		s.loses()
		p.drift()
		w.wantJobs(t, "restart kresd@2.service")
		p.wantState(t, "running")
	})
}

// What a manager ends for is no one's wish to read the file again.
func TestAManagerThatIsStartedAgainComesBackToWhatRan(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	p.kill()
	p.EndAgain()
	w.write(strings.Replace(basic, "workers: 3", "workers: 2", 1))
	w.start()
	w.wantLive(t, "after it was started again", before)
	if log := w.log.String(); strings.Contains(log, "crashed or was killed") {
		t.Error("it takes the end for a crash")
	}
}
