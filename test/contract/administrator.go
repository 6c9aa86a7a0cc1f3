// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kresd-manager/units"
)

// Act is what an administrator does: systemctl VERB UNIT.
type Act struct{ Verb, Unit string }

func (a Act) String() string { return a.Verb + " " + a.Unit }

// Acts of an administrator. Kill is of the main process, with SIGKILL.
const (
	Stop    = "stop"
	Start   = "start"
	Restart = "restart"
	Mask    = "mask"
	Unmask  = "unmask"
	Kill    = "kill"
	Freeze  = "freeze"
	Thaw    = "thaw"
)

// Moment is one in the middle of what a manager does.
type Moment struct {
	// Gap means that kresd.target is not stopped here, because it would prove nothing:
	// the change has not been planned, and starts what was stopped before, or a step
	// has looked whether it may start something, and not begun to.
	Gap bool
}

// Administered is a System on whose units someone else acts.
type Administered interface {
	System
	// Between has act called at as many moments as there are in what is done next;
	// nil ends that. It is called by one goroutine at a time.
	Between(act func(Moment))
	// PutUnconfirmed is Put of a change that is undone by Stir "unconfirmed".
	PutUnconfirmed(t *testing.T, doc string) (units.Report, error)
	// Do acts, and waits for nothing.
	Do(t *testing.T, a Act)
	// Stir lets happen what no one asks for, one of Stirs, and waits for its end.
	Stir(t *testing.T, what string)
	// Recover lets time pass until nothing more is repaired.
	Recover(t *testing.T)
	Status(t *testing.T) units.Status
	// Desired is what a generation wants, by its name.
	Desired(t *testing.T, generation string) units.Desired
	// Observed is what systemd has of our units and of kresd.target.
	Observed(t *testing.T) units.Live
	// Answers reports whether a worker answers queries.
	Answers(t *testing.T, unit string) bool
}

// Stirs are what no one asks for.
var Stirs = []string{
	"drift",       // the manager looks at what may have changed
	"restart",     // of the manager
	"crash",       // of the manager
	"file",        // a file that the configuration names has changed
	"unconfirmed", // the time to confirm the change is over
}

// administrator acts at random.
type administrator struct {
	t     *testing.T
	s     Administered
	r     *rand.Rand
	verbs []string
	left  int // acts
	did   []Act
	// stopped means that the target was stopped, and nothing started since.
	stopped bool
	// masked are the units that are.
	masked map[string]bool
}

// RunAdministered changes a system as [Run] does while an administrator acts with
// some verbs, among them stops of kresd.target, at random moments. Whatever comes of
// a change, the status then describes what is there, and nothing that was stopped
// with the target was started by what no one asked for. When the administrator has
// let go, and kresd.target is started, all is as the running configuration wants.
func RunAdministered(t *testing.T, s Administered, seed uint64, rounds int, verbs ...string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	for range rounds {
		a := &administrator{t: t, s: s, r: r, verbs: verbs, left: 1 + r.IntN(3), masked: map[string]bool{}}
		doc := configuration(r)
		before := s.Status(t).Generation
		s.Between(a.act)
		stir, put := Stirs[r.IntN(len(Stirs))], s.Put
		if stir == "unconfirmed" {
			put = s.PutUnconfirmed
		}
		report, err := put(t, doc)
		s.Settle(t)
		s.Between(nil)
		s.Settle(t)
		a.check("after the change")
		want := s.Desired(t, before)
		if err == nil {
			want = s.Desired(t, report.Generation)
			if missing := slices.DeleteFunc(slices.Collect(maps.Keys(wanted(t, doc))), func(u string) bool { return slices.Contains(want.Units(), u) }); len(missing) > 0 {
				t.Errorf("the change was answered with success, and its generation has no %v", missing)
			}
		}
		if got := s.Status(t).Generation; got != want.Generation {
			t.Errorf("generation %s is in force after an error of %v, and should be %s", got, err, want.Generation)
		}
		if r.IntN(2) == 0 {
			a.left = 1 + r.IntN(2)
			s.Between(a.act)
		}
		s.Stir(t, stir)
		s.Between(nil)
		s.Settle(t)
		a.check("after " + stir)
		a.letGo()
		if t.Failed() {
			t.Logf("seed %d, configuration %s\nthe change: %v\nthe administrator: %v", seed, doc, err, a.did)
			return
		}
	}
}

// act may do something at a moment.
func (a *administrator) act(m Moment) {
	if a.left == 0 || a.r.IntN(5) > 0 {
		return
	}
	did := Act{Stop, units.Target}
	if a.r.IntN(3) > 0 {
		did = Act{a.verbs[a.r.IntN(len(a.verbs))], a.unit()}
	}
	if m.Gap && did.Verb == Stop && did.Unit == units.Target {
		return
	}
	a.left--
	a.do(did)
}

// unit is one to act on.
func (a *administrator) unit() string {
	all := append([]string{units.PolicyLoader, units.CacheGC, units.Worker(1), units.Worker(1 + a.r.IntN(4))}, a.s.Observed(a.t).Components()...)
	return all[a.r.IntN(len(all))]
}

func (a *administrator) do(did Act) {
	a.did = append(a.did, did)
	switch did.Verb {
	case Stop:
		a.stopped = a.stopped || did.Unit == units.Target
	case Start, Restart:
		a.stopped = a.stopped && a.masked[did.Unit] // by its own hand
	case Mask:
		a.masked[did.Unit] = true
	case Unmask:
		delete(a.masked, did.Unit)
	}
	a.s.Do(a.t, did)
}

// check compares the status with what is there.
func (a *administrator) check(when string) {
	a.t.Helper()
	live, st := a.s.Observed(a.t), a.s.Status(a.t)
	if a.stopped {
		for name, o := range live.Units {
			if !o.Idle() {
				a.t.Errorf("%s %s is %s, though kresd.target was stopped", when, name, o.ActiveState)
			}
		}
		if live.Target.ActiveState == "active" {
			a.t.Errorf("%s kresd.target is active again", when)
		}
	}
	for _, u := range st.Units {
		o := live.Unit(u.Unit) // none if it is inactive, and unloaded
		if u.Active != cmp.Or(o.ActiveState, "inactive") || u.PID != o.MainPID || u.Masked != o.Masked() || !o.Idle() && u.Config != o.ConfigHash() {
			a.t.Errorf("%s the status of %s is %+v, and it is %+v", when, u.Unit, u, o)
		}
	}
	want, why := a.state(st, live)
	if st.State != want {
		a.t.Errorf("%s the state is %q, and should be %q: %s", when, st.State, want, cmp.Or(why, "all is as it should be"))
	}
}

// state is the state that a status should tell, and why it is not "running". It
// goes by the files that components read and by what systemd has, and not by plans.
func (a *administrator) state(st units.Status, live units.Live) (state, why string) {
	if live.Target.ActiveState != "active" && len(live.RunningWorkers()) == 0 {
		return "stopped", "kresd.target and all workers are stopped"
	}
	d := a.s.Desired(a.t, st.Generation)
	commands := map[string]string{units.PolicyLoader: units.RulesStatus + d.RulesHash}
	for n := 1; n <= d.Workers; n++ {
		commands[units.Worker(n)] = units.WorkerStatus + d.WorkerHash
	}
	for _, c := range d.Components {
		commands[c.Unit()] = units.ComponentStatus + c.Hash
	}
	var wrong []string
	for _, name := range d.Units() {
		o := live.Unit(name)
		_, worker := units.WorkerNumber(name)
		switch {
		case o.ActiveState != "active":
			wrong = append(wrong, name+" is "+cmp.Or(o.ActiveState, "inactive"))
		case o.Frozen():
			wrong = append(wrong, name+" is frozen")
		case name == units.CacheGC && !slices.Equal(o.Args, d.GC):
			wrong = append(wrong, fmt.Sprintf("%s runs with %q", name, o.Args))
		case name != units.CacheGC && o.StatusText != commands[name]:
			wrong = append(wrong, fmt.Sprintf("%s says %q", name, o.StatusText))
		case worker && !a.s.Answers(a.t, name):
			wrong = append(wrong, name+" does not answer")
		}
	}
	for name, o := range live.Units {
		if !o.Idle() && !slices.Contains(d.Units(), name) {
			wrong = append(wrong, name+" is not wanted")
		}
	}
	if len(wrong) == 0 {
		return "running", ""
	}
	slices.Sort(wrong)
	return "degraded", strings.Join(wrong, "; ")
}

// letGo undoes what hinders, starts the target, and looks whether all comes back.
func (a *administrator) letGo() {
	a.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(a.masked)) {
		a.do(Act{Unmask, name})
	}
	for _, name := range slices.Sorted(maps.Keys(a.s.Observed(a.t).Units)) {
		a.s.Do(a.t, Act{Thaw, name})
	}
	a.do(Act{Start, units.Target})
	a.s.Recover(a.t)
	a.check("in the end")
	if st := a.s.Status(a.t); st.State != "running" {
		_, why := a.state(st, a.s.Observed(a.t))
		a.t.Errorf("when the administrator has let go the state is %q: %s", st.State, why)
	}
}
