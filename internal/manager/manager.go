// SPDX-License-Identifier: Apache-2.0

// Package manager owns the running configuration. One goroutine carries out
// all transitions, one after another; readers get immutable snapshots.
//
// The path of a PUT, from top to bottom:
//
//	request.go     makes a transition of what is asked for and waits for its turn
//	transition.go  takes it through the parts that follow
//	gate.go        edits a copy, validates it and may refuse it (refuse.go)
//	plan.go        looks at what is live and asks units.Diff for the steps
//	journal.go     writes down all that needs room on a disk (record.go, promise.go)
//	package carry  carries the steps out
//	restore.go     goes back if one fails
//	commit.go      makes it the running configuration (history.go, proof.go)
//
// The other ways in are start.go, repair.go and, for what no one confirms, promise.go.
// It leaves HTTP to package api, the bus to dbusctl, and deciding what a change
// needs to package units.
package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"kresd-manager/internal/access"
	"kresd-manager/internal/carry"
	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/history"
	"kresd-manager/internal/input"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/promise"
	"kresd-manager/internal/pulse"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// Systemd is what the manager needs of systemd; dbusctl.Client has it. Jobs
// return when they are done; a result other than "done" is an error.
type Systemd interface {
	carry.Systemd
	// Observe takes one snapshot of all units, and of what is in scope.
	Observe(ctx context.Context, scope units.Scope) (units.Live, error)
	// ActiveState returns that of any unit. One that systemd does not have in memory is
	// inactive.
	ActiveState(ctx context.Context, unit string) (string, error)
	// ServiceText returns a property of a service, as Restart or Slice.
	ServiceText(ctx context.Context, unit, name string) (string, error)
	// SystemdVersion returns that of systemd.
	SystemdVersion(ctx context.Context) (string, error)
}

// Workers is what the manager needs of running workers.
type Workers interface {
	carry.Workers
	// Statistics returns what the instance has counted, a JSON object.
	Statistics(ctx context.Context, instance string) (json.RawMessage, error)
	// AllFigures returns the same with all other numbers that the instance has.
	AllFigures(ctx context.Context, instance string) (kresd.Figures, error)
	// ClearCache has the instance clear the shared cache and returns what it
	// says of it. A *kresd.LuaError is its refusal.
	ClearCache(ctx context.Context, instance string, what kresd.Clear) (json.RawMessage, error)
	// Follow has the instance resolve a name and tell how. A *kresd.LuaError is its
	// refusal.
	Follow(ctx context.Context, instance string, q kresd.Question) (kresd.Trace, error)
	// KresdVersion returns that of the program that the instance runs.
	KresdVersion(ctx context.Context, instance string) (string, error)
	// Cache returns counters of the cache.
	Cache(ctx context.Context, instance string) (kresd.CacheStatistics, error)
	// AskUpstreams returns what the instance knows of servers that it asks.
	AskUpstreams(ctx context.Context, instance string) (kresd.Upstreams, error)
}

// Options are what a Manager works with. All fields but History, Readers,
// Served, Sandbox, Reality, Remake, Watch, Unwatched, Notify, Worked, Busy, Quiet, Pulse and Journal
// must be set.
type Options struct {
	// Files are the paths of the configuration files, which are combined from
	// left to right; there is at least one.
	Files []string
	// Rundir is the run directory that the units use.
	Rundir string
	// Transient means that no units are installed.
	Transient bool
	Version   string
	Host      config.Host
	Render    render.Host
	Store     *generation.Store
	Systemd   Systemd
	Workers   Workers
	Log       *slog.Logger
	// History is the directory of the history; "" is "history" in Store.Boot.
	History string
	// Served returns [config.Problems] if the API cannot be had in the way that a
	// configuration wants; nil is any way.
	Served func(config.Management) error
	// Unserved is what is wrong now with files that the API is served with.
	Unserved func() config.Problems
	// Readers returns who uses the files that a configuration names; nil is this
	// process in place of all.
	Readers func() (judge.Readers, error)
	// Generator means that kresd-generator is installed, which has the unit files
	// say what only they can, whenever systemd reads them.
	Generator bool
	// Sandbox says what the units cannot see; nil is for units that are not confined.
	Sandbox Sandbox
	// Reality looks at what systemd does not see; nil sees nothing wrong.
	Reality Reality
	// Remake has made anew what is lost of directories and sockets, or begins to;
	// RemakeByHand is the command that does.
	Remake       func(ctx context.Context, lost []units.Loss) error
	RemakeByHand string
	// LimitsRule is the file with the polkit rule that lets the manager set
	// limits, which the administrator may put into force.
	LimitsRule string
	// Woken means that a request started this manager. If the last one ended idle
	// this one comes back to what ran, whatever the file holds by now: to ask for
	// something does not reload.
	Woken bool
	// Watch is told which files to watch; Changed is for what comes of it.
	// Unwatched says why some of them are not, by path.
	Watch     func(paths []string)
	Unwatched func() map[string]string
	// Notify sends a state to the service manager (sd_notify(3)).
	Notify func(state string)
	// Worked is called after each look at what runs, or something larger.
	Worked func(Work)
	// Busy is called before each task, and Quiet when there was none for a second: a change
	// needs many times the memory that waiting for one does.
	Busy, Quiet func()
	// Pulse is told of progress; nil is no one.
	Pulse *pulse.Pulse
	// Journal returns the last lines of one run of a unit.
	Journal func(ctx context.Context, run units.LogRun, lines int) []string
}

func (o *Options) historyDir() string {
	if o.History != "" {
		return o.History
	}
	return filepath.Join(o.Store.Boot, "history")
}

// idleTime is how long after a change its memory is given back.
const idleTime = time.Second

// Manager carries out changes. Its methods are safe for concurrent use.
type Manager struct {
	o       Options
	work    chan *task
	current atomic.Pointer[snapshot]
	sight   atomic.Pointer[sight]
	// busy counts what is under way, and what a start has left to the loop.
	busy    atomic.Int32
	lock    *os.File   // of the run directory
	later   []func()   // what is done when no one waits; only the loop uses it
	carried bool       // steps of a plan were begun since Worked was called; as later
	rest    units.Plan // what of the start no one waits for, which Start leaves to the loop
	events  events
	changes changes
	// cancel ends the apply in progress, if there is one.
	cancel   atomic.Pointer[context.CancelCauseFunc]
	exec     *carry.Executor
	applying applyingIn
	proof    proof // of the last change; only the loop uses it, and care
	care     care
	crashes  crashes
	drifted  chan struct{} // has room for one; filled when something may have drifted
	// bootFault says why the next boot begins with something older, "" if it does not.
	bootFault atomic.Pointer[string]
	// rulesUnsure means that running workers may not all have been told of the
	// rules in force. The loop sets it.
	rulesUnsure atomic.Bool
	retries     retries       // of what the policy-loader could not load; only the loop uses it
	looks       chan struct{} // held by those who look at files
	told        []string      // the problems that are in the log
	noRule      atomic.Bool   // polkit refused limits the last time
	ledger      *input.Ledger
	files       files                 // of the configuration
	seen        map[string]input.Seen // at the last look; only the loop uses it
	tally       tally
	history     atomic.Pointer[history.Store]
	unwritten   chan struct{}    // has room for one; filled when the history has something new
	promise     *promise.Promise // to go back unless someone confirms a change
	started     bool             // what runs is known
	fresh       bool             // there was no record of it
	died        bool             // the last manager did not end in an orderly way
	resumes     bool             // where a manager that ended idle left off
	endsIdle    bool
	endsAgain   bool          // to be started again
	lost        string        // of directories and sockets, when it was last told; only the loop uses it
	wrong       []string      // what a look found to be wrong and is in the log; only the loop uses it
	failed      atomic.Bool   // a defect was met
	stopped     chan struct{} // closed when a stop was asked for and carried out
	ended       chan struct{} // closed when the loop has ended
}

// snapshot is the running configuration. It is never changed, only replaced.
type snapshot struct {
	running *config.Running
	desired units.Desired
	// unknown means that workers run and no one knows what was wanted of them.
	unknown bool
	// files lists the files that the configuration names to be read.
	files func() []access.Path
	// fileETag names what the file held when it was last read.
	fileETag string
	// refused means that what the file held when it was last read was refused.
	refused bool
	report  *units.Report // of the last change that was tried
	// repaired is the last repair of what had drifted.
	repaired *units.Report
	// down says why the resolver was taken down, "" if it was not.
	down string
	// hidden is what units cannot see of what the configuration names.
	hidden config.Problems
}

// task is something that only the loop may do.
type task struct {
	run     func(context.Context)
	done    chan struct{}
	refused bool // because everything was stopped; set before done is closed
}

// New returns a Manager that waits for Run.
func New(o Options) *Manager {
	if o.Notify == nil {
		o.Notify = func(string) {}
	}
	if o.Worked == nil {
		o.Worked = func(Work) {}
	}
	if o.Busy == nil {
		o.Busy = func() {}
	}
	if o.Quiet == nil {
		o.Quiet = func() {}
	}
	if o.Unserved == nil {
		o.Unserved = func() config.Problems { return nil }
	}
	if o.Served == nil {
		o.Served = func(config.Management) error { return nil }
	}
	if o.Readers == nil {
		o.Readers = selfForAll
	}
	if o.Watch == nil {
		o.Watch = func([]string) {}
	}
	if o.Sandbox == nil {
		o.Sandbox = unconfined{}
	}
	if o.Reality == nil {
		o.Reality = blind{}
	}
	if o.Remake == nil {
		o.Remake = func(context.Context, []units.Loss) error { return errors.New("this manager has no way to do it") }
	}
	if o.RemakeByHand == "" {
		o.RemakeByHand = "systemctl restart " + units.Socket + " " + units.Manager
	}
	if o.Unwatched == nil {
		o.Unwatched = func() map[string]string { return nil }
	}
	if o.Journal == nil {
		o.Journal = func(context.Context, units.LogRun, int) []string { return nil }
	}
	m := &Manager{
		o:       o,
		work:    make(chan *task),
		drifted: make(chan struct{}, 1),
		care:    care{},
		crashes: crashes{},
		ledger:  input.NewLedger(),
		stopped: make(chan struct{}),
		ended:   make(chan struct{}),
		promise: promise.New(filepath.Join(o.historyDir(), history.ConfirmFile), promise.System()),

		unwritten: make(chan struct{}, 1),
		looks:     make(chan struct{}, maxLooks),
	}
	m.history.Store(&history.Store{})
	empty, err := config.Parse("", []byte("{}"))
	if err != nil {
		panic(fmt.Sprintf("manager: an empty object does not parse: %v", err))
	}
	m.current.Store(&snapshot{running: unlearned(empty)})
	m.files.read = m.read
	m.files.paths = o.Files
	m.applying = applyingIn{filepath.Join(o.Store.Root, applyingFile), o.Log}
	m.exec = &carry.Executor{
		Systemd: o.Systemd, Workers: o.Workers, Links: o.Store, Log: o.Log, Journal: o.Journal,
		Explain: o.Sandbox.Explain, LimitsRule: o.LimitsRule, Tell: m.tell, Took: m.took, Pulse: o.Pulse,
	}
	return m
}

// Run carries out tasks until the context ends; the one in progress is finished, or
// restored, within seconds. It also returns when a change has met a defect, see
// Failed. It must be called once, after Start.
func (m *Manager) Run(ctx context.Context) {
	defer close(m.ended)
	m.startRest(ctx)
	m.doLater()
	written := m.writeHistory()
	defer written()
	defer m.doLater()
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	look := time.NewTimer(lookInterval)
	defer look.Stop()
	soon := false        // something may have drifted
	var rested time.Time // not before, for hints alone
	for !m.failed.Load() {
		m.o.Pulse.Beat()
		select {
		case <-m.drifted:
			if !soon {
				look.Reset(max(gatherTime, time.Until(rested)))
				soon = true
			}
		case <-m.promise.C():
			m.expire(ctx)
			m.doLater()
		case <-look.C:
			soon = false
			began := time.Now()
			look.Reset(m.retries.sooner(m.repair(ctx), time.Now()))
			m.doLater()
			rested = time.Now().Add(min(restShare*time.Since(began), longestRest))
			m.worked(Looked)
		case <-idle.C:
			m.o.Quiet()
		case t := <-m.work:
			if m.isStopped() {
				// It would start everything again.
				t.refused = true
				close(t.done)
				continue
			}
			m.busy.Add(1)
			// A change is not left half-way because its asker went away.
			enough := m.o.Pulse.Task()
			m.o.Busy()
			t.run(ctx)
			enough()
			m.busy.Add(-1)
			close(t.done)
			m.doLater()
			m.worked(Asked)
			idle.Reset(idleTime)
		case <-ctx.Done():
			return
		}
	}
}

// Work is how much was done.
type Work uint8

// What was done: a look at what runs, a task, or steps of a plan, which run through most of
// the program.
const (
	Looked Work = iota
	Asked
	Carried
)

// worked tells that something was done, or more than that.
func (m *Manager) worked(w Work) {
	if m.carried {
		m.carried, w = false, Carried
	}
	m.o.Worked(w)
}

func (m *Manager) doLater() {
	for _, f := range m.later {
		f()
	}
	m.later = nil
}

// do has the loop run f and waits for it. Once the loop has taken it on, f runs
// to its end; the context bounds only the wait for its turn.
func (m *Manager) do(ctx context.Context, f func(context.Context)) error {
	return m.doUnless(ctx, nil, f)
}

// doUnless is do that gives up its turn, without an error, when unless is closed.
func (m *Manager) doUnless(ctx context.Context, unless <-chan struct{}, f func(context.Context)) error {
	t := &task{run: f, done: make(chan struct{})}
	select {
	case m.work <- t:
	case <-unless:
		return nil
	case <-m.ended:
		return units.ErrStopping
	case <-ctx.Done():
		return ctx.Err()
	}
	<-t.done
	if t.refused {
		return units.ErrStopping
	}
	return nil
}

// Ended is closed once Run has returned.
func (m *Manager) Ended() <-chan struct{} { return m.ended }

// Failed means that a change has met a defect of this program. What was done of it is
// not known, so this process should end: the next one restores what ran before.
func (m *Manager) Failed() bool { return m.failed.Load() }

// Stopped is closed once Stop has stopped everything.
func (m *Manager) Stopped() <-chan struct{} { return m.stopped }

// Running returns the running configuration as the user wrote it, with what it
// means. It costs nothing: the meaning is that of the validation that let it
// into force.
func (m *Manager) Running() *config.Running { return m.current.Load().running }
