// SPDX-License-Identifier: Apache-2.0

// Package leader is who decides in a fleet: one of a few hosts, for as long as it holds a
// lease. It reads what hosts tell and writes the record that package rollout wants, in
// transactions on both: one that was away for a while, and does not know that it leads no
// more, writes nothing.
package leader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
)

// Config is what a leader is given.
type Config struct {
	Host  string
	Store store.Store
	Log   *slog.Logger
	// Lease is for how long a leader that says nothing leads; 0 is 15 s.
	Lease time.Duration
	// Pace is the time between two writes of the record, on average: a few may follow one
	// another where none was for as long. 0 is a second.
	Pace time.Duration
	// Reread is how often the record is read besides: a store that was set back may owe news
	// to the watches for ever; 0 is a minute.
	Reread time.Duration
	// Gate asks the gate of a policy: closed says why it is, and the error that it is not
	// known. It is nil where there is none to ask.
	Gate func(ctx context.Context, expression string) (closed string, err error)
}

// Leader is one, or waits to be one.
type Leader struct {
	Config

	mu    sync.Mutex
	leads bool
	stats Stats
}

// Stats are for metrics and status.
type Stats struct {
	Leads  bool
	Writes int // of the record
	Late   int // writes that were refused
	Record rollout.Record
	Census rollout.Census
	Clock  rollout.Clock
}

// New returns a leader.
func New(cfg Config) *Leader {
	if cfg.Lease == 0 {
		cfg.Lease = 15 * time.Second
	}
	if cfg.Pace == 0 {
		cfg.Pace = time.Second
	}
	if cfg.Reread == 0 {
		cfg.Reread = time.Minute
	}
	return &Leader{Config: cfg}
}

// Stats returns what happened so far.
func (l *Leader) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Leads = l.leads
	return s
}

// Run leads whenever no one else does, until the context ends.
func (l *Leader) Run(ctx context.Context) {
	if l.Store.ReadOnly() {
		return // people move the threshold
	}
	for ctx.Err() == nil {
		if err := l.term(ctx); err != nil && ctx.Err() == nil {
			l.Log.WarnContext(ctx, "does not lead", "error", err)
		}
		l.mu.Lock()
		l.leads = false
		l.mu.Unlock()
		select {
		case <-time.After(l.Pace + rand.N(l.Pace)):
		case <-ctx.Done():
		}
	}
}

// term waits for the lead, and leads until something fails.
func (l *Leader) term(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := l.vacant(ctx); err != nil {
		return err
	}
	lease, err := l.Store.Grant(ctx, l.Lease)
	if err != nil {
		return err
	}
	defer lease.Release(context.WithoutCancel(ctx))
	token, held, err := l.Store.Commit(ctx, []store.Condition{{Key: store.Leader}},
		[]store.Change{{Key: store.Leader, Data: []byte(l.Host), Lease: lease.ID()}})
	if err != nil || !held {
		return err // another one was faster
	}
	l.mu.Lock()
	l.leads = true
	l.mu.Unlock()
	l.Log.InfoContext(ctx, "leads", "token", token)
	return l.lead(ctx, token, lease.Gone())
}

// vacant waits until no one leads.
func (l *Leader) vacant(ctx context.Context) error {
	now, err := l.Store.Read(ctx, store.Leader)
	if err != nil {
		return err
	}
	if _, there := now.Get(store.Leader); !there {
		return nil
	}
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	events := l.Store.Watch(watching, store.Leader, now.Revision)
	again := time.NewTimer(4 * l.Lease) // a store that was set back may owe the news
	defer again.Stop()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return errors.New("the watch of the leader has ended")
			}
			if e.Deleted {
				return nil
			}
		case <-again.C:
			return nil // whoever leads is asked by the transaction
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lead decides until the lease is lost, or the store.
func (l *Leader) lead(ctx context.Context, token int64, gone <-chan struct{}) error {
	v, _, at, err := read(ctx, l.Store, l.Log)
	if err != nil {
		return err
	}
	events := watch(ctx, l.Store, at)
	first := slices.Max(at)
	again := time.NewTicker(l.Reread)
	defer again.Stop()
	var stage, progress string
	now := time.Now()
	inStage, quiet := now, now // as long as this leader has seen
	var due time.Time          // of a write, at the pace
	var gate gate
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return errors.New("the watch of the hosts has ended")
			}
			v.put(e, l.Log)
			v.drain(events, l.Log)
		case <-timer.C:
		case <-again.C:
			snap, err := l.Store.Read(ctx, store.Rollout)
			if err != nil {
				return err
			}
			if snap.Revision < max(first, v.basis, v.lives, v.at) {
				return errors.New("the store has gone back: it is older than it was")
			}
			continue // what is there comes by the watches
		case <-gone:
			return errors.New("the lead was lost")
		case <-ctx.Done():
			return nil
		}
		if v.at == 0 {
			timer.Reset(time.Minute)
			continue
		}
		hosts := v.all()
		now = time.Now()
		if s := fmt.Sprint(v.record.ID, v.record.Phase, v.record.Stage); s != stage {
			stage, inStage, quiet = s, now, now
		}
		if p := rollout.Progress(v.record, hosts); p != progress {
			progress, quiet = p, now
		}
		if v.record.Gated() {
			gate.ask(ctx, l, v.record)
			now = time.Now()
		}
		clock := rollout.Clock{InStage: now.Sub(inStage), Quiet: now.Sub(quiet), Gate: gate.now}
		l.note(v.record, hosts, clock)
		if first := due.Add(-atOnce * l.Pace); now.Before(first) {
			timer.Reset(first.Sub(now))
			continue
		}
		if v.seen().Owes() {
			if err := v.readHosts(ctx, l.Store); err != nil {
				return err
			}
		}
		next := rollout.Next(v.seen(), clock)
		if next.Phase == rollout.Paused && v.record.Phase != rollout.Paused {
			// One watch may be behind another: hosts that are there may seem to be away.
			fresh, _, _, err := read(ctx, l.Store, l.Log)
			if err != nil {
				return err
			}
			fresh.record, fresh.at = v.record, v.at
			next = rollout.Next(fresh.seen(), clock)
		}
		timer.Reset(l.later(v.record, clock))
		if next.Version == v.record.Version {
			continue
		}
		revision, held, err := l.Store.Commit(ctx,
			[]store.Condition{{Key: store.Leader, Created: token}, {Key: store.Rollout, Revision: v.at}},
			[]store.Change{{Key: store.Rollout, Data: next.Text()}})
		if err != nil {
			return err
		}
		if due = due.Add(l.Pace); due.Before(now) {
			due = now.Add(l.Pace)
		}
		if !held {
			l.mu.Lock()
			l.stats.Late++
			l.mu.Unlock()
			if err := l.still(ctx, token); err != nil {
				return err
			}
			continue // the record has changed; its event comes
		}
		l.tell(ctx, v.record, next)
		v.record, v.at = next, revision
		l.mu.Lock()
		l.stats.Writes++
		l.mu.Unlock()
		timer.Reset(max(0, time.Until(due)-atOnce*l.Pace))
	}
}

// atOnce is how many writes of the record may come before they are due. Hosts that started
// together end together: the next ones do not wait for the pace then.
const atOnce = 2

// still is nil if this leader leads.
func (l *Leader) still(ctx context.Context, token int64) error {
	now, err := l.Store.Read(ctx, store.Leader)
	if err != nil {
		return err
	}
	if v, there := now.Get(store.Leader); !there || v.Created != token {
		return errors.New("another one leads by now")
	}
	return nil
}

// later is when to decide again if nothing comes.
func (l *Leader) later(r rollout.Record, c rollout.Clock) time.Duration {
	wait := time.Minute
	if r.Phase == rollout.Soaking {
		wait = min(wait, r.Policy.Soak.Duration()-c.InStage)
	} else if !r.Phase.Ended() && r.Phase != rollout.Paused {
		wait = min(wait, r.Policy.ProgressDeadline.Duration()-c.Quiet)
	}
	if r.Gated() {
		wait = min(wait, gateEvery)
	}
	return max(wait, l.Pace)
}

// gate is what a gate has said.
type gate struct {
	asked  time.Time
	of     string // the expression, and the rollout
	now    rollout.Gate
	failed int // times that it was not known, one after another
}

// How often a gate is asked, and after how many answers that say nothing a person is.
const (
	gateEvery  = 15 * time.Second
	gateSilent = 4
)

// ask asks it, if the last answer is old. Until there is one, no host starts.
func (g *gate) ask(ctx context.Context, l *Leader, r rollout.Record) {
	if of := fmt.Sprint(r.ID, r.Policy.Gate); of != g.of {
		*g = gate{of: of}
	}
	if !g.asked.IsZero() && time.Since(g.asked) < gateEvery {
		return
	}
	g.asked = time.Now()
	if l.Gate == nil {
		g.now = rollout.Gate{Why: "the gate cannot be asked: " + l.Host + " leads, and has no prometheus in its settings"}
		return
	}
	closed, err := l.Gate(ctx, r.Policy.Gate)
	switch {
	case ctx.Err() != nil:
	case err == nil:
		g.failed = 0
		g.now = rollout.Gate{Open: closed == "", Why: closed}
	default:
		g.failed++
		g.now = rollout.Gate{}
		l.Log.WarnContext(ctx, "the gate says nothing", "rollout", r.ID, "times", g.failed, "error", err)
		if g.failed >= gateSilent {
			g.now.Why = err.Error()
		}
	}
}

func (l *Leader) note(r rollout.Record, hosts []rollout.Host, c rollout.Clock) {
	census := rollout.Count(r, hosts)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Record, l.stats.Census, l.stats.Clock = r, census, c
}

// tell logs what people want to know of a write.
func (l *Leader) tell(ctx context.Context, was, is rollout.Record) {
	if was.Phase == is.Phase && was.Stage == is.Stage {
		l.Log.DebugContext(ctx, "threshold moves", "rollout", is.ID, "version", is.Version)
		return
	}
	level := slog.LevelInfo
	if is.Phase == rollout.Paused || is.Phase == rollout.Reverting || is.Phase == rollout.Reverted {
		level = slog.LevelError
	}
	l.Log.Log(ctx, level, "rollout is "+string(is.Phase), "rollout", is.ID, "phase", string(is.Phase), "stage", is.Stage+1, "reason", is.Reason)
}
