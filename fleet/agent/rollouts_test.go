// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
)

var (
	rollouts   = flag.Int("rollouts", 150, "how many whole rollouts to go through, with faults")
	oneRollout = flag.Uint64("seed", 0, "the only fleet to go through rollouts, with its `SEED`; 0 is many")
)

// perFleet is how many rollouts a fleet goes through, one after another.
const perFleet = 5

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
	rng     *rand.Rand // of its own goroutine
	had     uint64     // its highest sequence

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

// kind is what is wrong with a release.
type kind string

const (
	wellMade kind = "well made"
	refused  kind = "refused by managers"
	sickens  kind = "not well"
	dull     kind = "without queries"
	forged   kind = "signed by someone else"
	edited   kind = "edited after it was signed"
	replayed kind = "an old one"
)

var kinds = []kind{wellMade, wellMade, wellMade, wellMade, refused, sickens, dull, forged, edited, replayed}

// publish puts a release into the store.
func (f *fleet) publish(sequence uint64, k kind) (name, config string) {
	config = fmt.Sprintf(`{"cache":{"size-max":"%dM"}}`, 100+sequence)
	text := config
	key := f.keys[0]
	m := release.Manifest{Format: release.Format, Sequence: sequence, Base: release.Digest([]byte(text))}
	switch k {
	case forged:
		key = f.keys[1]
	case replayed: // its signature is good
		m.Sequence = 1
		m.Notes = fmt.Sprint(sequence)
	}
	sig, err := sshsig.Armor(m.Text(), release.Namespace, key)
	if err != nil {
		f.t.Fatal(err)
	}
	name = release.Digest(m.Text())
	if k == edited {
		text = strings.Replace(text, "M", "0M", 1)
	}
	f.put(store.Blobs+m.Base, []byte(text))
	f.put(store.Releases+name, release.Bundle{Manifest: string(m.Text()), Signature: string(sig)}.Text())
	return name, config
}

// record is the last one that was good, and whether it is in the store now.
func (f *fleet) record() (rollout.Record, bool) {
	got, err := f.table.Read(context.Background(), store.Rollout)
	if err != nil {
		f.t.Fatal(err)
	}
	v, _ := got.Get(store.Rollout)
	r, err := rollout.Parse(v.Data)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.last = r
	}
	return f.last, err == nil
}

// write writes a record as a person does.
func (f *fleet) write(r rollout.Record) {
	f.mu.Lock()
	f.last = r
	f.mu.Unlock()
	f.put(store.Rollout, r.Text())
}

// roll goes through one rollout.
func (f *fleet) roll(id int) {
	k := kinds[f.rng.IntN(len(kinds))]
	if id == 1 {
		k = wellMade // so that there is something to replay, and to go back to
	}
	name, config := f.publish(uint64(id), k)
	p := rollout.DefaultPolicy()
	p.Rings, p.Soak, p.HostSoak, p.Jitter = []rollout.Match{"*"}, rollout.Duration(30*time.Second), rollout.Duration(10*time.Second), rollout.Duration(time.Second)
	p.MaxFailed, p.MaxMissing, p.MaxParallel = []rollout.Amount{"0", "1"}[f.rng.IntN(2)], "50%", []rollout.Amount{"1", "3"}[f.rng.IntN(2)]
	sequence, size := uint64(id), fmt.Sprintf(`"%dM"`, 100+id)
	if k == replayed {
		sequence = 1
	}
	for i, m := range f.hosts {
		m.manager.mu.Lock()
		m.manager.refuse, m.manager.ill, m.manager.dull = "", "", k == dull && i%2 == 0
		if f.rng.IntN(2) == 0 || i == 0 {
			if k == refused {
				m.manager.refuse = size
			}
			if k == sickens {
				m.manager.ill = size
			}
		}
		m.manager.mu.Unlock()
	}
	f.mu.Lock()
	f.id, f.proved, f.tried, f.excused = id, map[string]bool{}, map[string]bool{}, false
	if k == replayed { // it is one where a higher one was
		f.genuine[config] = true
		for _, m := range f.hosts {
			f.genuine[config] = f.genuine[config] && m.had == 0
		}
	}
	if k == wellMade || k == refused || k == sickens || k == dull {
		f.genuine[config] = true
	}
	f.log = append(f.log, fmt.Sprintf("rollout %d of a release that is %s", id, k))
	f.last = rollout.Record{Format: rollout.Format, ID: id, Version: 1, Release: name, Sequence: sequence, By: "alice", Policy: p, Phase: rollout.Preflight}
	f.mu.Unlock()
	f.put(store.Rollout, f.last.Text())
	faults := f.rng.IntN(8)
	for range 15 {
		time.Sleep(time.Duration(f.rng.IntN(20)) * time.Second)
		if faults > 0 && f.rng.IntN(3) == 0 {
			faults--
			f.fault()
		}
	}
	f.heal()
	r := f.settle()
	f.counts.phases[r.Phase]++
	f.compare(r, k, config)
}

// fault has something happen.
func (f *fleet) fault() {
	m := f.hosts[f.rng.IntN(len(f.hosts))]
	switch what := f.rng.IntN(8); what {
	case 0, 1, 2:
		m.mu.Lock()
		m.doom = 1 + f.rng.IntN(12)
		m.mu.Unlock()
	case 3: // a partition
		cut := f.rng.IntN(3) > 0
		f.say("%s is cut off: %t", m.id, cut)
		f.counts.cut++
		m.link.set(cut)
	case 4:
		cut, i := f.rng.IntN(3) > 0, f.rng.IntN(2)
		f.say("lead%d is cut off: %t", i, cut)
		f.leads[i].set(cut)
	case 5: // a fifth is off
		for i := 0; i*5 < len(f.hosts); i++ {
			f.counts.cut++
			m = f.hosts[(i*3+int(f.seed%5))%len(f.hosts)]
			f.say("%s is cut off", m.id)
			m.link.set(true)
		}
	case 6:
		f.counts.garbage++
		got, err := f.table.Read(context.Background(), "")
		if err != nil {
			f.t.Fatal(err)
		}
		v := got.Values[f.rng.IntN(len(got.Values))]
		text := [][]byte{{0, 0xff, '{'}, []byte("{}"), []byte(strings.Repeat("[", 70_000)), nil, v.Data[:len(v.Data)/2]}[f.rng.IntN(5)]
		f.say("garbage in %s", v.Key)
		f.put(v.Key, text)
	case 7:
		r, good := f.record()
		switch {
		case !good:
			return
		case r.Phase == rollout.Paused:
			r.Phase, r.Resume, r.Reason = r.Resume, "", ""
		case f.rng.IntN(4) == 0 && !r.Back():
			r.Phase, r.Resume, r.Reason = rollout.Reverting, "", "by a person"
		default:
			r.Pause("by a person")
		}
		r.Version++
		r.Threshold = nil
		f.say("a person: %s", r.Phase)
		f.write(r)
	}
}

// heal has all be well again, as an operator does.
func (f *fleet) heal() {
	for _, l := range f.leads {
		l.set(false)
	}
	for _, m := range f.hosts {
		m.link.set(false)
		m.mu.Lock()
		m.doom = 0
		m.mu.Unlock()
		f.delete(store.Holds + m.id)
		got, err := f.table.Read(context.Background(), store.Alive+m.id)
		if err == nil && len(got.Values) > 0 && len(got.Values[0].Data) != 26 { // garbage, that no lease removes
			f.delete(store.Alive + m.id)
		}
	}
	got, err := f.table.Read(context.Background(), store.Leader)
	if err == nil && len(got.Values) > 0 && !strings.HasPrefix(string(got.Values[0].Data), "lead") {
		f.delete(store.Leader)
	}
	if r, good := f.record(); !good {
		r.Version += 100
		r.Threshold = nil
		f.write(r)
	}
	time.Sleep(15 * time.Minute) // all are there, and what was garbage is told again
}

// settle waits until the rollout has ended, and helps it out of pauses.
func (f *fleet) settle() rollout.Record {
	for range 60 {
		r, _ := f.record()
		if r.Phase == rollout.Paused {
			f.mu.Lock()
			f.excused = true
			f.mu.Unlock()
			f.say("a person resumes what is paused: %s", r.Reason)
			r.Phase, r.Resume, r.Reason, r.Threshold = r.Resume, "", "", nil
			r.Version++
			r.Policy.MaxMissing, r.Policy.OnInconclusive = "100%", rollout.InconclusivePasses
			f.write(r)
		}
		time.Sleep(5 * time.Minute)
		if r.Phase.Ended() {
			time.Sleep(10 * time.Minute) // those that come late
			r, _ = f.record()
			return r
		}
	}
	r, hosts, err := leader.Hosts(context.Background(), f.table)
	if err != nil || r == nil {
		f.broken("%v", err)
		return f.last
	}
	f.broken("it does not come to an end: %s, %+v\n%s", r.Text(), rollout.Count(*r, hosts), strings.Join(rollout.Why(*r, hosts, nil), "\n"))
	return *r
}

// compare holds what is in the end to what the record and the hosts say.
func (f *fleet) compare(r rollout.Record, k kind, config string) {
	_, hosts, err := leader.Hosts(context.Background(), f.table)
	if err != nil {
		f.broken("%v", err)
		return
	}
	states := map[string]rollout.Host{}
	for _, h := range hosts {
		states[h.ID] = h
	}
	touched := 0
	for _, m := range f.hosts {
		m.held("in the end")
		m.manager.mu.Lock()
		m.manager.tickLocked()
		runs, file, waits := brought(m.manager, m.manager.running.JSON()), brought(m.manager, m.manager.file()), m.manager.waiting
		m.manager.mu.Unlock()
		h := states[m.id]
		switch {
		case waits != nil || runs != file:
			f.broken("%s runs %s, and has %s in its file", m.id, runs, file)
		case h.State == rollout.OK && h.Rollout == r.ID && runs != config:
			f.broken("%s says that it has the release, and runs %s", m.id, runs)
		case r.Back() && runs == config && h.State != rollout.Stuck:
			f.broken("it went back, and %s has it: %+v", m.id, h)
		case (k == forged || k == edited || k == replayed && m.had > 0) && (runs == config || h.Tried):
			f.broken("%s runs a release that is %s", m.id, k)
		case !h.Alive || h.Rollout != r.ID:
			f.broken("%s has not come back: %+v", m.id, h)
		}
		if m.had = h.Sequence; h.Tried {
			touched++
		}
	}
	if r.Phase == rollout.Done && k == wellMade && touched < len(f.hosts) && f.last.Policy.MaxFailed != "0" {
		for _, h := range states {
			if h.State == rollout.Planned && rollout.Count(r, hosts).Failed == 0 {
				f.broken("it is done, and %s still waits: %+v", h.ID, h)
			}
		}
	}
}

// Whole rollouts with all that can happen to them: whatever it is, limits hold, nothing that
// is not signed or not proved stays, and in the end every host is what it says.
func TestWholeRollouts(t *testing.T) {
	dir := "/dev/shm" // what is flushed there takes no time
	if _, err := os.Stat(dir); err != nil {
		dir = ""
	}
	dir, err := os.MkdirTemp(dir, "kres-fleet-rollouts-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	total := ends{phases: map[rollout.Phase]int{}}
	first := rand.Uint64()
	fleets := (*rollouts + perFleet - 1) / perFleet
	if *oneRollout != 0 {
		first, fleets = *oneRollout, 1
	}
	var memory [2]uint64
	for i := range fleets {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(t, first+uint64(i), filepath.Join(dir, fmt.Sprint(i)))
			for id := 1; id <= perFleet && !t.Failed(); id++ {
				f.roll(id)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			for p, n := range f.counts.phases {
				total.phases[p] += n
			}
			total.killed += f.counts.killed
			total.late += f.counts.late
			total.cut += f.counts.cut
			total.garbage += f.counts.garbage
			total.touched += f.counts.touched
		})
		_ = os.RemoveAll(filepath.Join(dir, fmt.Sprint(i)))
		if t.Failed() {
			return
		}
		if i == fleets/4 || i == fleets-1 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			memory[i/max(1, fleets-1)] = m.HeapAlloc
		}
	}
	t.Logf("%d rollouts end as %v; %d hosts touched, %d agents killed, %d times cut off, %d times garbage, %d late writes; heap %d kB after a quarter, %d kB in the end",
		fleets*perFleet, total.phases, total.touched, total.killed, total.cut, total.garbage, total.late, memory[0]>>10, memory[1]>>10)
	if fleets >= 20 && (total.phases[rollout.Done] < fleets || total.phases[rollout.Reverted] < fleets || total.killed < fleets/4 || total.late < fleets/4 || total.cut < fleets/4 || total.garbage < fleets/4) {
		t.Error("that is too little to show anything")
	}
	if fleets >= 200 && memory[1] > 2*memory[0]+(8<<20) {
		t.Errorf("the heap grows from %d to %d bytes", memory[0], memory[1])
	}
}
