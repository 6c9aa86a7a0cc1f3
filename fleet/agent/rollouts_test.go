// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
)

var (
	rollouts   = flag.Int("rollouts", 150, "how many whole rollouts to go through, with faults")
	oneRollout = flag.Uint64("seed", 0, "the only fleet to go through rollouts, with its `SEED`; 0 is many")
)

// perFleet is how many rollouts a fleet goes through, one after another.
const perFleet = 5

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
