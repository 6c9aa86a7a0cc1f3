// SPDX-License-Identifier: Apache-2.0

// Package agent is a host in a fleet: it reads the record of the rollout, tries the
// release without changing anything, and takes it over when it is admitted: for a trial
// at first, which undoes itself, and in the file only when it has proved good. What is
// done in which order over all hosts is left to package rollout.
//
// An agent needs the store for news and for permission to start; all else it decides
// with what is on this host. Without a store it keeps what it has.
package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
)

// Config is what an agent is given.
type Config struct {
	Host      string
	MachineID string
	Version   string
	Tags      func() (rollout.Tags, error)
	Signers   func() ([]sshsig.Signer, error)
	// StateDir is for what it remembers and for files of releases, and File is the one that
	// the manager reads.
	StateDir, File string
	Store          store.Store
	Manager        Manager
	// Fetch gets a file of a release into a path; its SHA-256 is looked at afterwards.
	Fetch func(ctx context.Context, url, path string) error
	// Lock, if there is one, is taken before a host starts, and given back after: so that
	// reboots and rollouts share a budget. It returns why it cannot be had now.
	Lock func(ctx context.Context, take bool) error
	Log  *slog.Logger
	// Did, if there is one, is called when something was done, and the agent waits again.
	Did func()
	// Clock is the time of day on this host, for signatures with limits and for people; nil
	// is time.Now. Durations are measured without it.
	Clock func() time.Time
	// Pace is how often what may have changed by itself is looked at; 0 is a minute.
	Pace time.Duration
	// Lease is for how long a host that says nothing counts as there; 0 is a minute.
	Lease time.Duration
	// Settle is at most how long it waits before it connects again; 0 is half a minute.
	Settle time.Duration
	// Reread is how often the record is read besides: a store that was set back may owe news
	// to a watch; 0 is five minutes.
	Reread time.Duration
	// Trial is how much longer than its soak a trial lasts; 0 is two minutes.
	Trial time.Duration
}

// Agent is one. Run it once.
type Agent struct {
	Config
	mem      memory
	instance string  // of mem, which another goroutine has
	before   Reading // when the release was planned
	planned  bool    // before is of this rollout
	kept     []byte  // mem as it is written down, nil if that is not known
	drift    []string
	looked   time.Time // for drift
	far      int       // the last rollout that was not believed in
	unheard  int       // times that the store gave no answer, one after another

	mu       sync.Mutex
	news     chan struct{} // has one, if something is new
	doubt    chan struct{} // has one, if this host may not count as there
	record   rollout.Record
	revision int64 // of the record
	held     string
	isHeld   bool
	own      int64 // revision of what this host has told
	alive    int64 // created, of the lease
	up       bool  // connected
	told     []byte
	counts   Counts
}

// Counts are for metrics.
type Counts struct {
	StoreUp      bool
	Host         rollout.Host
	Errors       int // of the store
	WentBack     int // a store that is older than it was
	Applied      int
	NotVerified  int
	SessionsLost int
}

// New returns an agent.
func New(cfg Config) (*Agent, error) {
	for _, d := range []struct {
		at *time.Duration
		is time.Duration
	}{{&cfg.Pace, time.Minute}, {&cfg.Lease, time.Minute}, {&cfg.Settle, 30 * time.Second}, {&cfg.Trial, 2 * time.Minute}, {&cfg.Reread, 5 * time.Minute}} {
		if *d.at == 0 {
			*d.at = d.is
		}
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	mem, err := recall(cfg.StateDir)
	if err != nil {
		return nil, err
	}
	a := &Agent{Config: cfg, mem: mem, instance: mem.Instance, news: make(chan struct{}, 1), doubt: make(chan struct{}, 1)}
	if _, err := os.Stat(cfg.File); errors.Is(err, fs.ErrNotExist) { // the manager reads it from its next start on
		if err := a.write(mem.Current); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Counts returns what happened so far.
func (a *Agent) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.counts
	c.StoreUp = a.up
	return c
}

// ErrTwice is that another agent tells of the same host.
var ErrTwice = errors.New("another agent reports as this host: two hosts have the same name, or two agents run")

// Run works until the context ends, or another agent has this host's name.
func (a *Agent) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := a.listen(ctx); err != nil {
			cancel(err)
		}
	})
	a.unlock(ctx)
	for ctx.Err() == nil {
		a.work(ctx)
		a.lookForDrift(ctx)
		if a.Did != nil {
			a.Did()
		}
		a.pause(ctx, a.next())
	}
	wait.Wait()
	if cause := context.Cause(ctx); errors.Is(cause, ErrTwice) {
		return cause
	}
	return nil
}

// unlock gives a lock back that the process before this one may have left.
func (a *Agent) unlock(ctx context.Context) {
	if a.Lock == nil {
		return
	}
	if a.recover(ctx); ctx.Err() != nil {
		return
	}
	if err := a.Lock(ctx, false); err != nil {
		a.Log.WarnContext(ctx, "it is not known whether this host still has the lock", "error", err)
	}
}

// next is when to look again if no news comes: soon, if the store gave no answer. A store
// that is away for some seconds ends no watch, so no news tells that it is back.
func (a *Agent) next() time.Duration {
	if a.unheard == 0 {
		return a.Pace
	}
	d := min(firstRetry<<min(a.unheard-1, 10), a.Pace)
	return d/2 + jittered(d/2)
}

// pause waits for news, at most for a time.
func (a *Agent) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-a.news:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (a *Agent) wake() {
	select {
	case a.news <- struct{}{}:
	default:
	}
}

// seen is what the store has said last.
func (a *Agent) seen() (r rollout.Record, revision int64, held string, isHeld, up bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.record, a.revision, a.held, a.isHeld, a.up
}

// set changes what the host says of itself, writes it down, and tells it.
func (a *Agent) set(ctx context.Context, s rollout.State, reason string) {
	if a.mem.State != s || a.mem.Reason != reason {
		a.mem.State, a.mem.Reason, a.mem.Since = s, reason, a.Clock().UTC().Format(time.RFC3339)
		level := slog.LevelInfo
		if s == rollout.Refused || s == rollout.Failed || s == rollout.Unhealthy || s == rollout.Stuck {
			level = slog.LevelError
		}
		a.Log.Log(ctx, level, "host is "+string(s), "rollout", a.mem.Rollout, "state", string(s), "reason", reason)
	}
	a.keep(ctx)
	a.tellOnce(ctx)
}

// keep writes down what the host does, if it is not written down.
func (a *Agent) keep(ctx context.Context) {
	text, err := a.mem.save(a.StateDir, a.kept)
	if a.kept = text; err != nil {
		a.Log.ErrorContext(ctx, "what this host does is not kept; a restart of the agent forgets it", "error", err)
	}
}

// host is what it tells of itself.
func (a *Agent) host() rollout.Host {
	m := &a.mem
	h := rollout.Host{
		Format: rollout.Format, ID: a.Host, Rollout: m.Rollout, State: m.State, Reason: m.Reason, On: m.On, Tried: m.Tried,
		Release: m.Current.name(), Sequence: m.Highest, Plan: m.Plan, Version: a.Version, Since: m.Since, Tags: a.tags(), Drift: a.drift,
	}
	if m.Rollout > 0 {
		h.Rank = a.rank()
	}
	return h
}

func (a *Agent) rank() rollout.Rank { return rollout.RankOf(a.MachineID, a.Host, a.mem.Rollout) }

// tags are those of the host, with its name.
func (a *Agent) tags() rollout.Tags {
	tags := rollout.Tags{}
	if known, err := a.Tags(); err == nil {
		for name, value := range known {
			tags[name] = value
		}
	} else {
		a.Log.Warn("the tags of this host cannot be read", "error", err)
	}
	tags["host"] = a.Host
	return tags
}

// work does what the record asks for.
func (a *Agent) work(ctx context.Context) {
	if a.recover(ctx); ctx.Err() != nil {
		return
	}
	r, revision, held, isHeld, up := a.seen()
	m := &a.mem
	if up && r.ID <= m.Rollout {
		a.tellOnce(ctx) // it is told again in each connection
	}
	switch {
	case isHeld && m.State != rollout.Held && !m.State.Settled(m.On):
		a.set(ctx, rollout.Held, held)
		return
	case isHeld && m.State == rollout.Held:
		return
	case !isHeld && m.State == rollout.Held:
		a.set(ctx, rollout.Idle, "")
	}
	if r.ID == 0 { // nothing is offered: keep what there is
		if m.State == rollout.Idle {
			a.tellOnce(ctx)
		}
		return
	}
	if r.ID < m.Rollout || r.ID == m.Rollout && r.Version < m.Version {
		a.older(ctx, r)
		return
	}
	if r.TooFar(m.Rollout) {
		a.tooFar(ctx, r)
		return
	}
	if r.ID > m.Rollout {
		m.Rollout, m.Version, m.State, m.Reason, m.On, m.Tried, m.Attempts, m.Plan, m.Record = r.ID, r.Version, rollout.Idle, "", false, false, 0, "", nil
		a.planned = false
		a.keep(ctx)
	} else if m.Version != r.Version {
		m.Version = r.Version // kept with the next step
	}
	switch {
	case r.Back():
		if m.On && m.State != rollout.Stuck {
			a.back(ctx, r, revision)
		}
	case m.State == rollout.Idle, m.State == rollout.Drifted, m.State == rollout.Blocked,
		m.State == rollout.Inconclusive && r.Policy.OnInconclusive == rollout.InconclusivePasses:
		if m.State == rollout.Inconclusive {
			m.Tried = false // an operator has said that it is no matter
		}
		a.prepare(ctx, r)
		if m.State == rollout.Planned {
			a.start(ctx, r, revision)
		}
	case m.State == rollout.Planned:
		a.start(ctx, r, revision)
	case m.State == rollout.OK && m.On && !r.Phase.Ended():
		a.watchHealth(ctx)
	}
}

// older is for a store that was set back: what it says was true once.
func (a *Agent) older(ctx context.Context, r rollout.Record) {
	a.mu.Lock()
	first := a.counts.WentBack == 0
	a.counts.WentBack++
	a.mu.Unlock()
	if first {
		a.Log.ErrorContext(ctx, "the store is older than it was; this host keeps what it has until a newer rollout comes",
			"rollout", r.ID, "version", r.Version, "seen-rollout", a.mem.Rollout, "seen-version", a.mem.Version)
	}
	a.tellOnce(ctx)
}

// tooFar is for a rollout whose number is none that comes after those that were.
func (a *Agent) tooFar(ctx context.Context, r rollout.Record) {
	if a.far != r.ID {
		a.far = r.ID
		a.Log.ErrorContext(ctx, "the number of the rollout is too far above the last one; this host keeps what it has", "rollout", r.ID, "seen-rollout", a.mem.Rollout)
	}
	a.tellOnce(ctx)
}

// watchHealth looks whether a release that has proved good still is.
func (a *Agent) watchHealth(ctx context.Context) {
	var ill string
	for range 3 {
		now, err := a.Manager.Read(ctx)
		if err != nil || now.Ill == "" {
			return
		}
		ill = now.Ill
		select {
		case <-time.After(min(a.Pace, 2*time.Second)):
		case <-ctx.Done():
			return
		}
	}
	a.set(ctx, rollout.Unhealthy, ill)
}

// Between two looks for drift, and how many keys of it are told.
const (
	driftEvery = 10 * time.Minute
	mostDrift  = 10
)

// lookForDrift looks whether someone has edited locally what the release of this host
// configures. It is told and left alone.
func (a *Agent) lookForDrift(ctx context.Context) {
	if a.mem.Current == nil || a.mem.Step != none || time.Since(a.looked) < driftEvery {
		return
	}
	view, err := a.Manager.Look(ctx)
	if err != nil || view.Waiting != nil || view.Busy != "" {
		return // at the next pass
	}
	a.looked = time.Now()
	was, err := a.mem.Current.document()
	if err != nil {
		return
	}
	owned, err := release.Divide(view.Running, was)
	if err != nil {
		return
	}
	drift := owned.Drift[:min(len(owned.Drift), mostDrift)]
	if len(drift) > 0 && !slices.Equal(drift, a.drift) {
		a.Log.WarnContext(ctx, "what runs differs from the release of this host", "keys", some(owned.Drift))
	}
	a.drift = drift
	a.tellOnce(ctx)
}

// jittered is a random part of a time.
func jittered(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// comment is for the history of the manager, and how a change of ours is known again.
func (a *Agent) comment() string { return fmt.Sprintf("fleet rollout %d", a.mem.Rollout) }
