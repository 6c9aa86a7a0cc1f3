// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
	"kresd-manager/internal/config"
)

// bench is one host with a store, in a bubble of testing/synctest.
type bench struct {
	t       *testing.T
	dir     string
	store   *table.Table
	manager *fake
	agent   *Agent
	signer  ssh.Signer
	signers []sshsig.Signer
	record  rollout.Record
	stop    func()
	cancel  func()
	ended   chan error
	log     *slog.Logger
	lock    func(ctx context.Context, take bool) error
	silent  atomic.Int32 // times that the store does not answer
}

// silent is a store that does not answer for some time, and whose watches go on, as those
// of etcd do while it is started again.
type silent struct {
	store.Store
	times *atomic.Int32
}

func (s silent) answer() error {
	if s.times.Add(-1) < 0 {
		s.times.Store(0)
		return nil
	}
	time.Sleep(5 * time.Second)
	return errors.New("no answer within 5s")
}

func (s silent) Read(ctx context.Context, key string) (store.Snapshot, error) {
	if err := s.answer(); err != nil {
		return store.Snapshot{}, err
	}
	return s.Store.Read(ctx, key)
}

func (s silent) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (int64, bool, error) {
	if err := s.answer(); err != nil {
		return 0, false, err
	}
	return s.Store.Commit(ctx, conditions, changes)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), store: table.New(), log: slog.New(slog.DiscardHandler)}
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	b.signer = signer
	if b.signers, err = sshsig.ParseSigners([]byte("alice " + string(ssh.MarshalAuthorizedKey(signer.PublicKey())))); err != nil {
		t.Fatal(err)
	}
	b.manager = newFake("workers: 2\n", func() []byte {
		text, err := os.ReadFile(b.file())
		if err != nil {
			return []byte("{}\n")
		}
		return text
	})
	return b
}

func (b *bench) file() string { return filepath.Join(b.dir, "config.yaml") }

func (b *bench) put(key string, data []byte) {
	b.t.Helper()
	if _, _, err := b.store.Commit(context.Background(), nil, []store.Change{{Key: key, Data: data}}); err != nil {
		b.t.Fatal(err)
	}
}

// publish puts a release into the store.
func (b *bench) publish(sequence uint64, text string) string {
	b.t.Helper()
	m := release.Manifest{Format: release.Format, Sequence: sequence, Base: release.Digest([]byte(text))}
	sig, err := sshsig.Armor(m.Text(), release.Namespace, b.signer)
	if err != nil {
		b.t.Fatal(err)
	}
	name := release.Digest(m.Text())
	b.put(store.Blobs+m.Base, []byte(text))
	b.put(store.Releases+name, release.Bundle{Manifest: string(m.Text()), Signature: string(sig)}.Text())
	return name
}

// roll begins a rollout of a release.
func (b *bench) roll(id int, name string, sequence uint64) {
	p := rollout.DefaultPolicy()
	p.Rings = []rollout.Match{"*"}
	b.record = rollout.Record{Format: rollout.Format, ID: id, Release: name, Sequence: sequence, By: "alice", Policy: p, Phase: rollout.Preflight}
	b.write(nil)
}

// write changes the record, as a leader does that knows all of the store.
func (b *bench) write(change func(*rollout.Record)) {
	if change != nil {
		change(&b.record)
	}
	b.record.Version++
	b.record.Basis, _ = b.store.Changed()
	b.put(store.Rollout, b.record.Text())
}

// admit lets all hosts start, or go back.
func (b *bench) admit(phase rollout.Phase) {
	b.write(func(r *rollout.Record) {
		r.Phase, r.Threshold = phase, []rollout.Rank{"ffffffffffffffff"}
	})
}

func (b *bench) start() {
	b.t.Helper()
	a, err := New(Config{
		Host: "ns1", MachineID: "0123", Tags: func() (rollout.Tags, error) { return rollout.Tags{"site": "a"}, nil },
		Signers:  func() ([]sshsig.Signer, error) { return b.signers, nil },
		StateDir: b.dir, File: b.file(), Store: silent{b.store, &b.silent}, Manager: b.manager, Log: b.log, Lock: b.lock,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	b.agent, b.ended = a, ended
	go func() { ended <- a.Run(ctx) }()
	b.cancel = cancel
	b.stop = func() {
		cancel()
		<-ended
	}
}

// told is what the store knows of the host.
func (b *bench) told() rollout.Host {
	b.t.Helper()
	got, err := b.store.Read(context.Background(), store.Hosts+"ns1")
	if err != nil {
		b.t.Fatal(err)
	}
	v, ok := got.Get(store.Hosts + "ns1")
	if !ok {
		return rollout.Host{}
	}
	h, err := rollout.ParseHost("ns1", v.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

// until waits until the host is in a state.
func (b *bench) until(s rollout.State) rollout.Host {
	b.t.Helper()
	for range 600 {
		synctest.Wait()
		if h := b.told(); h.State == s && h.Rollout == b.record.ID {
			return h
		}
		time.Sleep(time.Second)
	}
	b.t.Fatalf("the host is %+v, not %s", b.told(), s)
	panic("unreachable")
}

func (b *bench) runs(pointer, want string) {
	b.t.Helper()
	if got := b.manager.value(pointer); got != want {
		b.t.Errorf("%s is %q, not %q", pointer, got, want)
	}
}

func (b *bench) inFile(want string) {
	b.t.Helper()
	text, err := os.ReadFile(b.file())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	if got := strings.Contains(string(text), want); want != "" && !got || want == "" && len(text) > 0 && !strings.Contains(string(text), "{}") {
		b.t.Errorf("the file has %q, not %q", text, want)
	}
}

const (
	one = "cache:\n  size-max: 100M\n"
	two = "cache:\n  size-max: 200M\n"
)

// rolled brings the host to a first release.
func rolled(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.start()
	b.roll(1, b.publish(1, one), 1)
	b.until(rollout.Planned)
	b.admit(rollout.Rolling)
	b.until(rollout.OK)
	return b
}

func TestAReleaseIsProvedAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		defer func() { b.stop() }()
		name := b.publish(1, one)
		b.roll(1, name, 1)
		h := b.until(rollout.Planned)
		if h.Plan == "" || h.On || h.Tags["host"] != "ns1" || h.Tags["site"] != "a" || h.Rank == "" {
			t.Errorf("%+v", h)
		}
		b.runs("/cache/size-max", "")
		time.Sleep(10 * time.Minute)
		b.runs("/cache/size-max", "") // not admitted
		b.admit(rollout.Rolling)
		b.until(rollout.HostSoaking)
		b.runs("/cache/size-max", `"100M"`)
		b.inFile("") // nothing unproved is in the file
		h = b.until(rollout.OK)
		b.inFile("size-max: 100M")
		if h.Release != name || !h.On || h.Sequence != 1 {
			t.Errorf("%+v", h)
		}
		b.manager.reboot()
		b.runs("/cache/size-max", `"100M"`)
		b.runs("/workers", "2")
	})
}

// A rollout that goes back takes each host to what it had.
func TestGoingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
		b.runs("/cache/size-max", `"200M"`)
		b.admit(rollout.Reverting)
		h := b.until(rollout.WentBack)
		b.runs("/cache/size-max", `"100M"`)
		b.inFile("size-max: 100M")
		if h.On || h.Sequence != 2 {
			t.Errorf("%+v", h)
		}
	})
	synctest.Test(t, func(t *testing.T) { // to nothing, if there was nothing
		b := rolled(t)
		defer func() { b.stop() }()
		b.admit(rollout.Reverting)
		b.until(rollout.WentBack)
		b.runs("/cache/size-max", "")
		b.inFile("")
	})
	synctest.Test(t, func(t *testing.T) { // and in the soak at once
		b := rolled(t)
		defer func() { b.stop() }()
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		b.admit(rollout.Rolling)
		b.until(rollout.HostSoaking)
		b.write(func(r *rollout.Record) { r.Phase, r.Threshold = rollout.Reverting, nil })
		b.until(rollout.WentBack)
		b.runs("/cache/size-max", `"100M"`)
	})
}

func TestWhatAHostDoesNotTake(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(b *bench) string // of the release
		state   rollout.State
		want    string
	}{
		"a configuration that the manager refuses": {func(b *bench) string { return b.publish(2, "logging: {level: info}\n") }, rollout.Failed, "cannot bind"},
		"one that it cannot validate": {func(b *bench) string {
			b.manager.local = "{}\n"
			b.manager.reboot()
			return b.publish(2, "workers: 0\n")
		}, rollout.Refused, "0 is not a number of workers"},
		"one that is not well":              {func(b *bench) string { return b.publish(2, "dns64: {prefix: 64:ff9b::/96}\n") }, rollout.Unhealthy, "kresd@1.service is failed"},
		"one with a key that is local, too": {func(b *bench) string { return b.publish(2, "workers: 4\n") }, rollout.Refused, "/workers"},
		"an edit of its release": {func(b *bench) string {
			name := b.publish(2, two)
			b.put(store.Blobs+release.Digest([]byte(two)), []byte("cache: {size-max: 1G}\n"))
			return name
		}, rollout.Refused, "is not what its name says: it was changed"},
		"one of another signer": {func(b *bench) string {
			name := b.publish(2, two)
			got, _ := b.store.Read(context.Background(), store.Releases+name)
			var bundle release.Bundle
			if err := json.Unmarshal(got.Values[0].Data, &bundle); err != nil {
				panic(err)
			}
			other, _ := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32))))
			sig, _ := sshsig.Armor([]byte(bundle.Manifest), release.Namespace, other)
			bundle.Signature = string(sig)
			b.put(store.Releases+name, bundle.Text())
			return name
		}, rollout.Refused, "which no line of the allowed signers names"},
		"one that is not there": {func(b *bench) string { return strings.Repeat("ab", 32) }, rollout.Refused, "is not in the store"},
		"one without queries to judge it by": {func(b *bench) string {
			b.manager.dull = true
			return b.publish(2, two)
		}, rollout.Inconclusive, "fewer than 100 queries"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := rolled(t)
				defer func() { b.stop() }()
				b.manager.refuse, b.manager.ill = "/logging", "/dns64"
				b.roll(2, c.prepare(b), 2)
				if c.state != rollout.Refused {
					b.until(rollout.Planned)
					b.admit(rollout.Rolling)
				}
				h := b.until(c.state)
				if !strings.Contains(h.Reason, c.want) || h.On {
					t.Errorf("%+v", h)
				}
				b.runs("/cache/size-max", `"100M"`)
				b.inFile("size-max: 100M")
			})
		})
	}
}

// Workers that began as long ago as the soak lasts have counted as much as new ones do in it.
func TestWhatNewWorkersCountIsTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		b.manager.mu.Lock()
		b.manager.rate, b.manager.began = 10, time.Now().Add(-b.record.Policy.HostSoak.Duration())
		b.manager.mu.Unlock()
		b.admit(rollout.Rolling)
		if h := b.until(rollout.OK); !h.On {
			t.Errorf("%+v", h)
		}
	})
}

// An old release that is offered again is a replay.
func TestAReplayIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		old := b.publish(1, "cache: {size-max: 50M}\n")
		b.roll(2, b.publish(5, two), 5)
		b.until(rollout.Planned)
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
		b.roll(3, old, 1)
		if h := b.until(rollout.Refused); !strings.Contains(h.Reason, "this host has had 5") {
			t.Errorf("%+v", h)
		}
	})
}

// Local edits and changes are said, and never overwritten.
func TestLocalChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		b.manager.mu.Lock()
		b.manager.running = parsed("running", "workers: 2\ncache:\n  size-max: 999M\n")
		b.manager.mu.Unlock()
		b.roll(2, b.publish(2, two), 2)
		if h := b.until(rollout.Drifted); !strings.Contains(h.Reason, "/cache/size-max") {
			t.Errorf("%+v", h)
		}
		b.admit(rollout.Rolling)
		time.Sleep(10 * time.Minute)
		b.runs("/cache/size-max", `"999M"`)
		b.manager.mu.Lock()
		waits := "try more cache"
		b.manager.running, b.manager.waiting, b.manager.until = parsed("running", "workers: 2\n"+one), &waits, time.Now().Add(time.Hour)
		b.manager.mu.Unlock()
		if h := b.until(rollout.Blocked); !strings.Contains(h.Reason, `waits to be confirmed: "try more cache"`) {
			t.Errorf("%+v", h)
		}
		b.manager.mu.Lock()
		b.manager.waiting = nil
		b.manager.mu.Unlock()
		b.until(rollout.Planned) // and then it is ready, in a revision of its own
		time.Sleep(5 * time.Minute)
		b.runs("/cache/size-max", `"100M"`)
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
		b.runs("/cache/size-max", `"200M"`)
	})
}

// Drift is told without a rollout, too, and when it is gone.
func TestDriftIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		was := b.manager.running
		for _, c := range []struct {
			running *config.Document
			want    string
		}{{parsed("running", "workers: 2\ncache:\n  size-max: 999M\n"), "/cache/size-max"}, {was, ""}} {
			b.manager.mu.Lock()
			b.manager.running = c.running
			b.manager.mu.Unlock()
			time.Sleep(12 * time.Minute)
			if h := b.told(); strings.Join(h.Drift, " ") != c.want || h.State != rollout.OK {
				t.Errorf("%q: %+v", c.want, h)
			}
		}
	})
}

func TestHeldHostsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.put(store.Holds+"ns1", []byte("alice: disk is replaced"))
		b.start()
		defer func() { b.stop() }()
		b.roll(1, b.publish(1, one), 1)
		b.admit(rollout.Rolling)
		time.Sleep(5 * time.Minute)
		if h := b.told(); h.State != rollout.Held || h.Reason != "alice: disk is replaced" {
			t.Errorf("%+v", h)
		}
		if _, _, err := b.store.Commit(t.Context(), nil, []store.Change{{Key: store.Holds + "ns1", Delete: true}}); err != nil {
			t.Fatal(err)
		}
		b.until(rollout.Planned)
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
	})
}

// What a broken store says changes nothing.
func TestAStoreThatTellsNonsense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		old := b.record
		for name, spoil := range map[string]func(){
			"garbage": func() { b.put(store.Rollout, []byte("\x00\xff{")) },
			"huge":    func() { b.put(store.Rollout, []byte(`{"why":"`+strings.Repeat("x", 1<<20)+`"}`)) },
			"an older rollout": func() {
				r := old
				r.ID, r.Phase, r.Threshold = 1, rollout.Reverting, []rollout.Rank{"ffffffffffffffff"}
				b.put(store.Rollout, r.Text())
			},
			"a number that no other could follow": func() {
				r := old
				r.ID, r.Phase, r.Threshold = math.MaxInt, rollout.Reverting, []rollout.Rank{"ffffffffffffffff"}
				b.put(store.Rollout, r.Text())
			},
			"an older version": func() {
				r := old
				r.Version--
				r.Phase, r.Threshold, r.Version = rollout.Rolling, []rollout.Rank{"ffffffffffffffff"}, 0+1
				r.Version = 1
				b.put(store.Rollout, r.Text())
			},
			"nothing": func() {
				_, _, _ = b.store.Commit(context.Background(), nil, []store.Change{{Key: store.Rollout, Delete: true}})
			},
			"no host any more": func() {
				_, _, _ = b.store.Commit(context.Background(), nil, []store.Change{{Key: store.Hosts + "ns1", Delete: true}})
			},
		} {
			b.write(nil)
			synctest.Wait()
			time.Sleep(2 * time.Minute)
			spoil()
			time.Sleep(10 * time.Minute)
			if got := b.manager.value("/cache/size-max"); got != `"100M"` || b.manager.applies != 1 {
				t.Errorf("%s: %s, %d", name, got, b.manager.applies)
			}
		}
		b.admit(rollout.Rolling)
		b.until(rollout.OK)
	})
}

// A record that has changed since it was read permits no start.
func TestAStartNeedsTheRecordOfNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := rolled(t)
		defer func() { b.stop() }()
		b.roll(2, b.publish(2, two), 2)
		b.until(rollout.Planned)
		a := b.agent
		r := b.record
		r.Phase, r.Threshold, r.Basis = rollout.Rolling, []rollout.Rank{"ffffffffffffffff"}, 1<<40
		synctest.Wait()
		if a.permitted(t.Context(), r, 1, rollout.Applying) {
			t.Error("a start is permitted by a record that is not the one in the store")
		}
		if h := b.told(); h.State != rollout.Planned || a.mem.On {
			t.Errorf("%+v", h)
		}
	})
}

// A store that is started again answers after some seconds, and ends no watch: what it did
// not hear is told again soon, and not a minute later.
func TestAStoreThatWasSilentIsToldSoon(t *testing.T) {
	for name, c := range map[string]struct {
		before, after rollout.State
		silent        int32
	}{
		"a report":      {"", rollout.Planned, 2},
		"a start":       {rollout.Planned, rollout.OK, 1},
		"a start twice": {rollout.Planned, rollout.OK, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := rolled(t)
				defer func() { b.stop() }()
				release := b.publish(2, two)
				if c.before != "" {
					b.roll(2, release, 2)
					b.until(c.before)
				}
				synctest.Wait()
				b.silent.Store(c.silent)
				if c.before == "" {
					b.roll(2, release, 2)
				} else {
					b.admit(rollout.Rolling)
				}
				began := time.Now()
				b.until(c.after)
				// Each question that is not answered takes 5 s, and the soak a minute.
				if took := time.Since(began); took > 80*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
