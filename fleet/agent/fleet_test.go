// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
)

// fleet is some hosts with two leaders and a store, in a bubble of testing/synctest:
// agents and leaders as they are in truth, and managers and a store in memory.
type fleet struct {
	t     *testing.T
	seed  uint64
	rng   *rand.Rand
	table *table.Table
	hosts []*member
	leads []*link
	keys  [2]ssh.Signer // of who may sign, and of who may not
	trust []sshsig.Signer
	ctx   context.Context
	wait  sync.WaitGroup
	last  rollout.Record // that was good

	order   sync.Mutex // of writes
	mu      sync.Mutex
	genuine map[string]bool // configurations that a host may run, without its local part
	proved  map[string]bool // hosts that have proved the release of the rollout
	tried   map[string]bool
	id      int  // of the rollout
	excused bool // an operator has said that what has stopped it does not matter
	log     []string
	counts  ends
}

// ends is what rollouts came to.
type ends struct {
	phases                              map[rollout.Phase]int
	killed, late, cut, garbage, touched int
}

// member is a host.
type member struct {
	f       *fleet
	id      string
	dir     string
	link    *link
	manager *fake
	rng     *rand.Rand    // of its own goroutine
	had     uint64        // its highest sequence
	ahead   time.Duration // its clock, of that of others

	mu    sync.Mutex
	doom  int             // its process dies at this point from now on, 0 is never
	proof map[string]bool // configurations that may be in the file
}

func (f *fleet) say(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, fmt.Sprintf(format, args...))
}

func (f *fleet) fail(format string, args ...any) {
	f.t.Errorf("%s\ngo test ./agent -run TestWholeRollouts -seed=%d has the same faults\n%s",
		fmt.Sprintf(format, args...), f.seed, strings.Join(f.log[max(0, len(f.log)-40):], "\n"))
}

func (f *fleet) broken(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail(format, args...)
}

// newFleet starts a fleet of a seed in a folder.
func newFleet(t *testing.T, seed uint64, dir string) *fleet {
	f := &fleet{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), table: table.New(), genuine: map[string]bool{"{}": true}}
	f.counts.phases = map[rollout.Phase]int{}
	for i := range f.keys {
		key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i)}, ed25519.SeedSize)))
		if err != nil {
			t.Fatal(err)
		}
		f.keys[i] = key
	}
	var err error
	if f.trust, err = sshsig.ParseSigners([]byte("alice " + string(ssh.MarshalAuthorizedKey(f.keys[0].PublicKey())))); err != nil {
		t.Fatal(err)
	}
	var cancel context.CancelFunc
	f.ctx, cancel = context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		f.wait.Wait()
	})
	for i := range 2 {
		f.lead(fmt.Sprint("lead", i), seed+uint64(i))
	}
	for i := range 2 + f.rng.IntN(5) {
		f.join(fmt.Sprint("ns", i), filepath.Join(dir, fmt.Sprint("ns", i)), seed+uint64(i))
	}
	return f
}

// lead starts one who may lead. Now and then its lease runs out at the very moment of a
// write, and the other one is faster.
func (f *fleet) lead(name string, seed uint64) {
	l := newLink(f.table, &f.order)
	rng := rand.New(rand.NewPCG(seed, 1))
	var stopped bool
	l.point = func(at string, changes []store.Change) {
		if len(changes) != 1 || changes[0].Key != store.Rollout || at != "before write" {
			return
		}
		if stopped = rng.IntN(10) == 0; !stopped {
			return
		}
		f.delete(store.Leader)
		time.Sleep(20 * time.Second)
	}
	l.wrote = func(changes []store.Change, held bool) {
		if len(changes) != 1 || changes[0].Key != store.Rollout {
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if r, err := rollout.Parse(changes[0].Data); err == nil {
			if held {
				f.last = r
			}
			f.log = append(f.log, fmt.Sprintf("%s: %s, stage %d, %v, basis %d, written: %t", name, r.Phase, r.Stage, r.Threshold, r.Basis, held))
		}
		if !stopped {
			return
		}
		if f.counts.late++; held {
			f.fail("%s has lost the lead and writes the record all the same", name)
		}
	}
	f.leads = append(f.leads, l)
	f.wait.Go(func() {
		leader.New(leader.Config{Host: name, Store: l, Log: slog.New(slog.DiscardHandler)}).Run(f.ctx)
	})
}

func (f *fleet) join(id, dir string, seed uint64) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		f.t.Fatal(err)
	}
	m := &member{f: f, id: id, dir: dir, link: newLink(f.table, &f.order), rng: rand.New(rand.NewPCG(seed, 2)), proof: map[string]bool{"{}": true}}
	m.ahead = time.Duration(m.rng.IntN(3)-1) * time.Hour
	m.manager = newFake("workers: 2\n", func() []byte {
		text, err := os.ReadFile(m.file())
		if err != nil {
			return []byte("{}\n")
		}
		return text
	})
	m.manager.dies = func(at string) {
		m.held(at)
		m.point()
	}
	m.link.point = func(_ string, changes []store.Change) {
		if store.Under(changes[0].Key, store.Hosts) {
			m.point()
		}
	}
	m.link.wrote = func(changes []store.Change, held bool) {
		if held && store.Under(changes[0].Key, store.Hosts) {
			m.tells(changes[0].Data)
		}
	}
	f.hosts = append(f.hosts, m)
	f.wait.Go(func() { m.live(f.ctx) })
}

func (m *member) file() string { return filepath.Join(m.dir, "config.yaml") }

// live runs one process after another, as systemd does.
func (m *member) live(ctx context.Context) {
	for ctx.Err() == nil {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			a, err := New(Config{
				Host: m.id, MachineID: "m", Tags: func() (rollout.Tags, error) { return rollout.Tags{}, nil },
				Signers:  func() ([]sshsig.Signer, error) { return m.f.trust, nil },
				StateDir: m.dir, File: m.file(), Store: m.link, Manager: m.manager, Log: slog.New(slog.DiscardHandler),
				Clock: func() time.Time { return time.Now().Add(m.ahead) },
			})
			if err != nil {
				m.f.broken("%s: %v", m.id, err)
				return
			}
			if err := a.Run(ctx); err != nil && !errors.Is(err, ErrTwice) {
				m.f.broken("%s: %v", m.id, err)
			}
		}()
		<-ended
		if ctx.Err() != nil {
			return
		}
		m.held("at the end of its process")
		if m.rng.IntN(3) == 0 {
			m.f.say("%s: reboots", m.id)
			m.manager.reboot()
		}
		select {
		case <-time.After(time.Duration(m.rng.IntN(200)) * time.Second):
		case <-ctx.Done():
		}
	}
}

// point is one at which a process may be killed.
func (m *member) point() {
	m.mu.Lock()
	doomed := m.doom == 1
	m.doom = max(0, m.doom-1)
	m.mu.Unlock()
	if doomed {
		m.f.mu.Lock()
		m.f.counts.killed++
		m.f.log = append(m.f.log, m.id+": killed")
		m.f.mu.Unlock()
		die()
	}
}

// brought is what a configuration has besides what is local.
func brought(m *fake, text []byte) string {
	doc := parsed("brought", string(text))
	owned, err := release.Divide(doc, parsed("local", m.local))
	if err != nil {
		panic(err)
	}
	return string(owned.Local.JSON())
}

// held holds what runs, and what is in the file, to what may be there: nothing that no one
// has signed runs, and nothing that was not proved is in the file, which the manager reads
// when it starts.
func (m *member) held(at string) {
	m.manager.mu.Lock()
	runs := brought(m.manager, m.manager.running.JSON())
	waits := m.manager.waiting != nil
	file := brought(m.manager, m.manager.file())
	m.manager.mu.Unlock()
	m.mu.Lock()
	if !waits && (at == "after confirm" || at == "after apply") { // a change that stays is one back
		m.proof[runs] = true
	}
	proved := m.proof[file]
	m.mu.Unlock()
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	if !m.f.genuine[runs] {
		m.f.fail("%s: %s runs, which no one has signed, %s", m.id, runs, at)
	}
	if !proved {
		m.f.fail("%s: %s is in the file, and was never proved here, %s", m.id, file, at)
	}
}

// tells holds what all hosts are to the limits, at the moment that one has told a change.
func (m *member) tells(text []byte) {
	h, err := rollout.ParseHost(m.id, text)
	f := m.f
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.fail("%s tells what cannot be read: %v", m.id, err)
		return
	}
	f.log = append(f.log, fmt.Sprintf("%s: %s %s (rollout %d)", h.ID, h.State, h.Reason, h.Rollout))
	if h.Rollout != f.id {
		return
	}
	if h.State == rollout.OK {
		f.proved[h.ID] = true
	}
	if h.State != rollout.Applying || f.tried[h.ID] {
		if !h.Tried {
			delete(f.tried, h.ID)
		}
		return
	}
	f.tried[h.ID] = true
	f.counts.touched++
	if f.excused {
		return
	}
	n := 0
	for id := range f.tried {
		if !f.proved[id] {
			n++
		}
	}
	p := f.last.Policy
	parallel := max(1, min(p.MaxParallel.Of(len(f.hosts)), len(f.hosts)/2))
	if most := p.MaxFailed.Of(len(f.hosts)) + parallel; n > most || len(f.proved) == 0 && n > 1 {
		f.fail("%s starts as number %d of those that have proved nothing, of %d", h.ID, n, most)
	}
}

func (f *fleet) put(key string, data []byte) {
	f.t.Helper()
	if _, _, err := f.table.Commit(context.Background(), nil, []store.Change{{Key: key, Data: data}}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) delete(key string) {
	_, _, _ = f.table.Commit(context.Background(), nil, []store.Change{{Key: key, Delete: true}}) // it may not be there
}
