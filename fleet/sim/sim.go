// SPDX-License-Identifier: Apache-2.0

// Package sim is a fleet in one process: real agents, a real leader and a store, and a
// manager for each host that only counts. It measures what a store has to bear, and shows
// what failures do to many hosts.
package sim

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"kresd-manager/fleet/agent"
	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/config"
)

// Host is a simulated one: its manager takes a while to apply, and may not like what it
// gets.
type Host struct {
	ID    string
	fleet *Fleet
	dir   string

	mu      sync.Mutex
	running *config.Document
	before  *config.Document
	waiting *string
	queries float64
	ill     string
	applies int
	bad     bool
	agent   *agent.Agent
	cancel  context.CancelFunc
	done    chan struct{}
}

// Applies is how many changes its manager was asked for.
func (h *Host) Applies() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.applies
}

// Refuse has it run no release from now on, or all again.
func (h *Host) Refuse(bad bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bad = bad
}

// Counts are those of its agent, which has started.
func (h *Host) Counts() agent.Counts { return h.agent.Counts() }

// Fleet is many of them.
type Fleet struct {
	Hosts []*Host
	// Open gives an agent a connection to the store.
	Open func() (store.Store, error)
	// Take is how long a manager needs to apply.
	Take    time.Duration
	Lease   time.Duration
	Pace    time.Duration // of a leader; 0 is its own
	Reread  time.Duration // of an agent and a leader; 0 is their own
	Signers []sshsig.Signer
	Log     *slog.Logger
	signer  ssh.Signer
	shared  []store.Store
	flying  atomic.Int64
	Most    atomic.Int64 // in flight at a time, as the managers saw it
	Reads   atomic.Int64
	Writes  atomic.Int64
	empty   *config.Document
}

// New returns a fleet of n hosts that keep their files below dir.
func New(n int, dir string, open func() (store.Store, error)) (*Fleet, error) {
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		return nil, err
	}
	signers, err := sshsig.ParseSigners([]byte("sim " + string(ssh.MarshalAuthorizedKey(signer.PublicKey()))))
	if err != nil {
		return nil, err
	}
	f := &Fleet{Open: open, Signers: signers, signer: signer, Lease: time.Minute, Log: slog.New(slog.DiscardHandler)}
	if f.empty, err = config.Parse("local", []byte("workers: 2\n")); err != nil {
		return nil, err
	}
	for i := range n {
		h := &Host{ID: fmt.Sprintf("ns%04d", i), fleet: f, dir: filepath.Join(dir, fmt.Sprint(i)), running: f.empty}
		if err := os.MkdirAll(h.dir, 0o700); err != nil {
			return nil, err
		}
		f.Hosts = append(f.Hosts, h)
	}
	return f, nil
}

// counted counts what agents ask of a store.
type counted struct {
	store.Store
	f *Fleet
}

func (c counted) Read(ctx context.Context, key string) (store.Snapshot, error) {
	c.f.Reads.Add(1)
	return c.Store.Read(ctx, key)
}

func (c counted) Commit(ctx context.Context, cond []store.Condition, ch []store.Change) (int64, bool, error) {
	c.f.Writes.Add(1)
	return c.Store.Commit(ctx, cond, ch)
}

// perConnection is how many simulated agents share a connection: files and memory of the
// machine are for one process each in truth.
const perConnection = 25

// Connection is one for the n-th agent, counted from 0 and in order. Stop closes it.
func (f *Fleet) Connection(n int) (store.Store, error) {
	if n%perConnection == 0 {
		s, err := f.Open()
		if err != nil {
			return nil, err
		}
		f.shared = append(f.shared, s)
	}
	return f.shared[len(f.shared)-1], nil
}

// Start starts the agents, spread over a time.
func (f *Fleet) Start(ctx context.Context, spread time.Duration) error {
	for i, h := range f.Hosts {
		s, err := f.Connection(i)
		if err != nil {
			return err
		}
		if err := h.start(ctx, s, spread); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) start(ctx context.Context, s store.Store, spread time.Duration) error {
	tags := rollout.Tags{"site": "a"}
	if h.ID == "ns0000" {
		tags["ring"] = "canary"
	}
	a, err := agent.New(agent.Config{
		Host: h.ID, MachineID: "simulated", Version: "sim", Tags: func() (rollout.Tags, error) { return tags, nil },
		Signers:  func() ([]sshsig.Signer, error) { return h.fleet.Signers, nil },
		StateDir: h.dir, File: filepath.Join(h.dir, "config.yaml"), Store: counted{s, h.fleet}, Manager: h, Log: h.fleet.Log,
		Lease: h.fleet.Lease, Trial: time.Minute, Settle: time.Second, Reread: h.fleet.Reread,
	})
	if err != nil {
		return err
	}
	h.agent = a
	ctx, h.cancel = context.WithCancel(ctx)
	h.done = make(chan struct{})
	go func() {
		defer close(h.done)
		if spread > 0 {
			select {
			case <-time.After(rand.N(spread)):
			case <-ctx.Done():
				return
			}
		}
		_ = a.Run(ctx) // it ends with the context
	}()
	return nil
}

// Stop ends agents, and their connections.
func (f *Fleet) Stop() {
	for _, h := range f.Hosts {
		if h.cancel != nil {
			h.cancel()
		}
	}
	for _, h := range f.Hosts {
		if h.done != nil {
			<-h.done
		}
	}
	for _, s := range f.shared {
		_ = s.Close()
	}
}

// Lead starts a leader.
func (f *Fleet) Lead(ctx context.Context, name string, lease time.Duration) (*leader.Leader, error) {
	s, err := f.Open()
	if err != nil {
		return nil, err
	}
	l := leader.New(leader.Config{Host: name, Store: s, Log: f.Log, Lease: lease, Pace: f.Pace, Reread: f.Reread})
	go func() {
		defer s.Close()
		l.Run(ctx)
	}()
	return l, nil
}

// Publish puts a release into the store.
func (f *Fleet) Publish(ctx context.Context, s store.Store, sequence uint64, text string) (string, error) {
	m := release.Manifest{Format: release.Format, Sequence: sequence, Base: release.Digest([]byte(text))}
	sig, err := sshsig.Armor(m.Text(), release.Namespace, f.signer)
	if err != nil {
		return "", err
	}
	name := release.Digest(m.Text())
	_, _, err = s.Commit(ctx, nil, []store.Change{
		{Key: store.Blobs + m.Base, Data: []byte(text)},
		{Key: store.Releases + name, Data: release.Bundle{Manifest: string(m.Text()), Signature: string(sig)}.Text()},
	})
	return name, err
}

// Begin begins a rollout.
func (f *Fleet) Begin(ctx context.Context, s store.Store, id int, name string, sequence uint64, p rollout.Policy) error {
	r := rollout.Record{Format: rollout.Format, ID: id, Version: 1, Release: name, Sequence: sequence, By: "sim", Policy: p, Phase: rollout.Preflight}
	_, _, err := s.Commit(ctx, nil, []store.Change{{Key: store.Rollout, Data: r.Text()}})
	return err
}

// Runs is how many hosts run with a value at a pointer.
func (f *Fleet) Runs(pointer, value string) (n int) {
	for _, h := range f.Hosts {
		h.mu.Lock()
		v, err := h.running.Value(pointer)
		h.mu.Unlock()
		if err == nil && string(v) == value {
			n++
		}
	}
	return n
}

// Changes are how many changes each host was asked for.
func (f *Fleet) Changes() []int {
	all := make([]int, len(f.Hosts))
	for i, h := range f.Hosts {
		all[i] = h.Applies()
	}
	return all
}

// Touched is how many hosts have applied anything.
func (f *Fleet) Touched() (n int) {
	for _, h := range f.Hosts {
		if h.Applies() > 0 {
			n++
		}
	}
	return n
}

// Look implements [agent.Manager].
func (h *Host) Look(context.Context) (agent.View, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return agent.View{Running: h.running, ETag: h.running.ETag(), Waiting: h.waiting}, nil
}

// Plan implements [agent.Manager].
func (h *Host) Plan(_ context.Context, doc *config.Document, _ string) (string, error) {
	return release.Digest(doc.JSON()), nil
}

// Apply implements [agent.Manager].
func (h *Host) Apply(ctx context.Context, doc *config.Document, _ string, within time.Duration, comment string) error {
	n := h.fleet.flying.Add(1)
	for most := h.fleet.Most.Load(); n > most && !h.fleet.Most.CompareAndSwap(most, n); most = h.fleet.Most.Load() {
	}
	defer h.fleet.flying.Add(-1)
	select {
	case <-time.After(h.fleet.Take):
	case <-ctx.Done():
		return ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.applies++
	if h.bad && within != 0 {
		return &agent.Refusal{Words: "the canary could not run it"}
	}
	h.before, h.running = h.running, doc
	if h.waiting = nil; within != 0 {
		h.waiting = &comment
	}
	return nil
}

// Confirm implements [agent.Manager].
func (h *Host) Confirm(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting == nil {
		return &agent.Refusal{Words: "no change waits"}
	}
	h.waiting = nil
	return nil
}

// Undo implements [agent.Manager].
func (h *Host) Undo(context.Context, string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting != nil {
		h.running, h.waiting = h.before, nil
	}
	return nil
}

// Reload implements [agent.Manager].
func (h *Host) Reload(context.Context, string) error { return nil }

// Read implements [agent.Manager].
func (h *Host) Read(context.Context) (agent.Reading, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queries += 1000
	return agent.Reading{Queries: h.queries, Ill: h.ill}, nil
}
