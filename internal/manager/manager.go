// SPDX-License-Identifier: Apache-2.0

// Package manager owns the running configuration. One goroutine carries out
// all changes, one after another: it compares, edits a copy, validates, renders,
// plans, applies, and either makes the copy the running configuration or
// restores what ran before. Readers get immutable snapshots.
//
// It leaves HTTP to package api, the bus to dbusctl, and deciding what a change
// needs to package units.
package manager

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/history"
	"kresd-manager/internal/input"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// Systemd is what the manager needs of systemd; dbusctl.Client has it. Jobs
// return when they are done; a result other than "done" is an error.
type Systemd interface {
	Observe(ctx context.Context, wanted ...string) (units.Live, error)
	ObserveUnit(ctx context.Context, unit string) (units.Observed, error)
	Start(ctx context.Context, unit string) error
	Stop(ctx context.Context, unit string) error
	Restart(ctx context.Context, unit string) error
	ResetFailed(ctx context.Context, unit string) error
	QueueStop(ctx context.Context, unit string) error
	StockState(ctx context.Context) (string, error)
	// Limits returns those of some workers and of all others that have any.
	Limits(ctx context.Context, workers ...string) (map[string]units.Limits, error)
	// Set sets properties of a unit until the next boot.
	Set(ctx context.Context, unit string, settings []units.Setting) error
	// ServiceText returns a property of a service, as Restart or Slice.
	ServiceText(ctx context.Context, unit, name string) (string, error)
}

// Workers is what the manager needs of running workers.
type Workers interface {
	// Probe returns nil when the instance answers a query of its own.
	Probe(ctx context.Context, instance string) error
	// ResetRules makes the instance see new rules.
	ResetRules(ctx context.Context, instance string) error
	// RenewCertificate has the instance read its certificate again.
	RenewCertificate(ctx context.Context, instance, cert, key string) error
	// Statistics returns what the instance has counted, a JSON object.
	Statistics(ctx context.Context, instance string) (json.RawMessage, error)
	// ClearCache has the instance clear the shared cache and returns what it
	// says of it. A *kresd.LuaError is its refusal.
	ClearCache(ctx context.Context, instance string, what kresd.Clear) (json.RawMessage, error)
}

// Options are what a Manager works with. All fields but History, Readers,
// Served, Sandbox, Watch, Unwatched, Notify and Journal must be set.
type Options struct {
	// Files are the paths of the configuration files, which are combined from
	// left to right; there is at least one.
	Files []string
	// Rundir is the run directory that the units use.
	Rundir string
	// Transient tells that no units are installed.
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
	// Readers returns who uses the files that a configuration names; nil is this
	// process in place of all.
	Readers func() (judge.Readers, error)
	// Generator tells that kresd-generator is installed, which has the unit files
	// say what only they can, whenever systemd reads them.
	Generator bool
	// Sandbox tells what the units cannot see; nil is for units that are not confined.
	Sandbox Sandbox
	// LimitsRule is the file with the polkit rule that lets the manager set
	// limits, which the administrator may put into force.
	LimitsRule string
	// Woken tells that a request started this manager. If the last one ended idle
	// this one comes back to what ran, whatever the file holds by now: to ask for
	// something does not reload.
	Woken bool
	// Watch is told which files to watch; Changed is for what comes of it.
	// Unwatched tells why some of them are not, by path.
	Watch     func(paths []string)
	Unwatched func() map[string]string
	// Notify sends a state to the service manager (sd_notify(3)).
	Notify func(state string)
	// Journal returns the last lines of one run of a unit.
	Journal func(ctx context.Context, run units.LogRun, lines int) []string
}

// idleTime is how long after a change its memory is given back.
const idleTime = time.Second

// Manager carries out changes. Its methods are safe for concurrent use.
type Manager struct {
	o       Options
	work    chan *task
	current atomic.Pointer[snapshot]
	busy    atomic.Bool
	lock    *os.File // of the run directory
	later   []func() // what is done when nobody waits; only the loop uses it
	events  events
	// cancel ends the apply in progress, if there is one.
	cancel atomic.Pointer[context.CancelFunc]
	// previous ran until the running configuration was applied, at that time.
	// Only the loop uses them, and what follows.
	previous *snapshot
	applied  time.Time
	drifted  chan struct{} // has room for one; filled when something may have drifted
	care     map[string]*patient
	restarts map[string]int // of each unit, when it was first looked at after the change
	down     string         // why the resolver was taken down; "" while it is not
	// bootFault tells why the next boot begins with something older, "" if it does not.
	bootFault atomic.Pointer[string]
	// rulesUnsure tells that running workers may not all have been told of the
	// rules in force. The loop sets it.
	rulesUnsure atomic.Bool
	looks       chan struct{} // held by those who look at files
	told        []string      // the problems that are in the log
	noRule      atomic.Bool   // polkit refused limits the last time
	ledger      *input.Ledger
	seen        map[string]input.Seen // at the last look; only the loop uses it
	tally       tally
	reclaimer   reclaimer
	history     atomic.Pointer[history.Store]
	unwritten   chan struct{} // has room for one; filled when the history has something new
	// promise is to go back unless somebody confirms a change; nil is none.
	promise  atomic.Pointer[history.Pending]
	promised *history.Pending // for the change in progress
	expiry   *time.Timer      // of the promise
	started  bool             // what runs is known
	resumes  bool             // where a manager that ended idle left off
	endsIdle bool
	stopped  chan struct{} // closed when a stop was asked for and carried out
	ended    chan struct{} // closed when the loop has ended
}

// snapshot is the running configuration. It is never changed, only replaced.
type snapshot struct {
	running *config.Running
	desired units.Desired
	// unknown tells that workers run and nobody knows what was wanted of them.
	unknown bool
	// files lists the files that the configuration names to be read.
	files func() []access.Path
	// fileETag names what the file held when it was last read.
	fileETag string
	// refused tells that what the file held when it was last read was refused.
	refused bool
	report  *units.Report // of the last change that was tried
	// repaired is the last repair of what had drifted.
	repaired *units.Report
	// down tells why the resolver was taken down, "" if it was not.
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
		care:    map[string]*patient{},
		ledger:  input.NewLedger(),
		stopped: make(chan struct{}),
		ended:   make(chan struct{}),
		expiry:  time.NewTimer(time.Hour),

		unwritten: make(chan struct{}, 1),
		looks:     make(chan struct{}, maxLooks),
	}
	m.expiry.Stop()
	m.history.Store(&history.Store{})
	empty, err := config.Parse("", []byte("{}"))
	if err != nil {
		panic(fmt.Sprintf("manager: an empty object does not parse: %v", err))
	}
	m.current.Store(&snapshot{running: unlearned(empty)})
	return m
}

// Run carries out tasks until the context ends; the one in progress is
// finished. It must be called once, after Start.
func (m *Manager) Run(ctx context.Context) {
	defer close(m.ended)
	m.doLater()
	written := m.writeHistory()
	defer written()
	defer m.doLater()
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	look := time.NewTimer(lookInterval)
	defer look.Stop()
	soon := false // something may have drifted
	for {
		select {
		case <-m.drifted:
			if !soon {
				look.Reset(gatherTime)
				soon = true
			}
		case <-m.expiry.C:
			m.expire(context.WithoutCancel(ctx))
			m.doLater()
		case <-look.C:
			soon = false
			look.Reset(m.repair(context.WithoutCancel(ctx)))
			m.doLater()
		case <-idle.C:
			// A change needs many times the memory that waiting for one does.
			debug.FreeOSMemory()
		case t := <-m.work:
			if m.isStopped() {
				// It would start everything again.
				t.refused = true
				close(t.done)
				continue
			}
			m.busy.Store(true)
			// A change is never left half-way because its asker went away.
			enough := m.askForTime()
			t.run(context.WithoutCancel(ctx))
			enough()
			m.busy.Store(false)
			close(t.done)
			m.doLater()
			idle.Reset(idleTime)
		case <-ctx.Done():
			return
		}
	}
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
	t := &task{run: f, done: make(chan struct{})}
	select {
	case m.work <- t:
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

// Stopped is closed once Stop has stopped everything.
func (m *Manager) Stopped() <-chan struct{} { return m.stopped }

// Running returns the running configuration as the user wrote it, with what it
// means. It costs nothing: the meaning is that of the validation that let it
// into force.
func (m *Manager) Running() *config.Running { return m.current.Load().running }

// Change carries out a change and returns when it is applied or refused. The
// report tells what was planned, also when there is an error.
func (m *Manager) Change(ctx context.Context, c units.Change) (units.Report, error) {
	return m.submit(ctx, change{Change: c})
}

// Reload reads the configuration file again and applies it.
func (m *Manager) Reload(ctx context.Context, a units.Again) (units.Report, error) {
	c := change{Change: asked("reload", a), fromFile: true}
	c.Edit = func(*config.Document) (*config.Document, error) { return m.read() }
	return m.submit(ctx, c)
}

// read reads the configuration files.
func (m *Manager) read() (*config.Document, error) {
	docs := make([]*config.Document, len(m.o.Files))
	for i, path := range m.o.Files {
		var err error
		if docs[i], err = config.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return config.Combine(docs...)
}

// file names the configuration files in one word for people.
func (m *Manager) file() string { return strings.Join(m.o.Files, " ") }

// Renew applies the running configuration again, with the present content of
// the files that it names.
func (m *Manager) Renew(ctx context.Context, a units.Again) (units.Report, error) {
	c := change{Change: asked("renew", a), renew: true}
	c.Edit = func(d *config.Document) (*config.Document, error) { return d, nil }
	return m.submit(ctx, c)
}

func (m *Manager) submit(ctx context.Context, c change) (r units.Report, err error) {
	if c.DryRun {
		return m.dryRun(ctx, c)
	}
	began := time.Now()
	if derr := m.do(ctx, func(ctx context.Context) {
		r, err = m.guarded(ctx, c, began)
		m.tally.count(r, err)
	}); derr != nil {
		return units.Report{Cause: c.Cause, When: began}, derr
	}
	return r, err
}

// guarded is change, whose defects end nothing but itself.
func (m *Manager) guarded(ctx context.Context, c change, began time.Time) (r units.Report, err error) {
	defer m.survive(c, &err)
	return m.change(ctx, c, began)
}

// survive turns a panic of a change into its error. It is deferred.
func (m *Manager) survive(c change, err *error) {
	if p := recover(); p != nil {
		m.o.Log.Error("a change has a defect", "cause", c.Cause, "panic", p, "stack", string(debug.Stack()))
		*err = fmt.Errorf("a defect in kresd-manager: %v", p)
	}
}
