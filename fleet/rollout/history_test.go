// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fate is what a release does to a host.
type fate int

const (
	good fate = iota
	bad       // it goes back by itself
	late      // it is well at first
	dies      // and comes back, or does not
	dull      // no one asks it anything
)

// world is a fleet on a store that has transactions: what is true, and what two leaders
// and the hosts believe.
type world struct {
	t        *rapid.T
	revision int64
	record   Record
	written  int64 // revision of the record
	hosts    []Host
	fates    []fate
	returned []bool // was lost in flight and is back
	seen     []int64
	believed []Record // the record that a host has read
	leaders  [2]struct {
		token  int
		record Record
		read   int64
		hosts  []Host
		basis  int64
		clock  Clock
	}
	token int // of the leader that holds the lease
	log   []string
	// canaryProved is that one host has kept the release.
	canaryProved bool
	starts       int
}

func (w *world) say(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(w.log, "\n"))
}

func newWorld(t *rapid.T, n int, draw func(i int) fate) *world {
	p := DefaultPolicy()
	p.MaxParallel = Amount(rapid.SampledFrom([]string{"1", "2", "20", "10%", "100%"}).Draw(t, "parallel"))
	p.MaxFailed = Amount(rapid.SampledFrom([]string{"0", "1", "3", "10%"}).Draw(t, "failed"))
	p.MaxMissing = Amount(rapid.SampledFrom([]string{"0", "2", "30%", "100%"}).Draw(t, "missing"))
	if rapid.Bool().Draw(t, "one ring") {
		p.Rings = []Match{"*"}
	}
	w := &world{t: t, revision: 1}
	w.record = Record{Format: Format, ID: 7, Version: 1, Release: strings.Repeat("a", 64), Sequence: 3, By: "x", Policy: p, Phase: Preflight}
	w.written = w.revision
	for i := range n {
		h := Host{Format: Format, ID: fmt.Sprint("h", i), State: Idle, Alive: true, Tags: Tags{"host": fmt.Sprint("h", i)}}
		if i%5 == 0 {
			h.Tags["ring"] = "canary"
		}
		w.hosts = append(w.hosts, h)
		w.fates = append(w.fates, draw(i))
	}
	w.returned, w.seen, w.believed = make([]bool, n), make([]int64, n), make([]Record, n)
	return w
}

// tell has a host write what it is.
func (w *world) tell(i int, s State) {
	w.revision++
	h := &w.hosts[i]
	h.State, h.Rollout, h.Revision = s, w.record.ID, w.revision
	h.Rank = RankOf("machine", h.ID, h.Rollout)
	w.say("%s: %s", h.ID, s)
}

func (w *world) read(i int) { w.seen[i], w.believed[i] = w.written, w.record }

// start has a host do what the record that it has read lets it do.
func (w *world) start(i int) {
	h := &w.hosts[i]
	r := w.believed[i]
	if !h.Alive || r.ID == 0 || !r.Admits(h.Rank, h.Tags, h.Revision) {
		return
	}
	forward := !r.Back() && h.State == Planned
	if !forward && !(r.Back() && h.On && !h.inFlight() && h.State != Stuck) || w.seen[i] != w.written {
		return // the transaction on record, host and lease
	}
	c := Count(w.record, w.hosts)
	flying := 0
	for j, o := range w.hosts {
		count(&flying, o.Alive && o.inFlight() && !w.returned[j])
	}
	if limit := w.record.Policy.parallel(c.Hosts); flying >= limit {
		w.fail("%s starts as number %d, and %d are allowed", h.ID, flying+1, limit)
	}
	if !forward {
		w.tell(i, GoingBack)
		return
	}
	w.starts++
	if w.record.Phase != Rolling && w.record.Phase != Done {
		w.fail("%s starts in phase %s", h.ID, w.record.Phase)
	}
	if !w.canaryProved && w.starts > 1 {
		w.fail("%s starts, and the canary host has proved nothing", h.ID)
	}
	h.On, h.Tried = true, true
	w.tell(i, Applying)
	w.stage(i)
}

// stage holds how many have tried to the stage.
func (w *world) stage(i int) {
	c := w.record.crowd(w.hosts)
	tried := make([]int, len(c.sizes))
	for j, h := range c.hosts {
		count(&tried[c.rings[j]], h.Tried)
	}
	total := 0
	for ring, n := range tried {
		total += n
		if most := w.record.quota(c, ring); n > most {
			w.fail("%s is number %d of ring %d, and stage %d has place for %d", w.hosts[i].ID, n, ring, w.record.Stage, most)
		}
	}
	if w.record.Stage == 0 && w.record.Phase != Done && total > 1 {
		w.fail("%s is canary host number %d", w.hosts[i].ID, total)
	}
}

// end has a host come to the end of what it does.
func (w *world) end(i int) {
	h := &w.hosts[i]
	if !h.Alive || !h.inFlight() {
		return
	}
	w.returned[i] = false
	if h.State == GoingBack {
		h.On = false
		w.tell(i, WentBack)
		return
	}
	if w.believed[i].Back() { // at once, in the place that it has
		w.tell(i, GoingBack)
		return
	}
	switch w.fates[i] {
	case good, late:
		w.canaryProved = true
		w.tell(i, OK)
	case bad:
		h.On = false
		w.tell(i, Failed)
	case dull:
		h.On = false
		w.tell(i, Inconclusive)
	case dies:
		w.leave(i)
		w.fates[i] = good
	}
}

func (w *world) leave(i int) {
	w.revision++
	w.hosts[i].Alive = false
	w.say("%s: away", w.hosts[i].ID)
}

func (w *world) comeBack(i int) {
	h := &w.hosts[i]
	if h.Alive {
		return
	}
	h.Alive = true
	w.returned[i] = h.inFlight()
	w.tell(i, h.State)
}

// look has a leader read the hosts.
func (w *world) look(l int) {
	x := &w.leaders[l]
	x.hosts, x.basis = slices.Clone(w.hosts), w.revision
}

// lead has a leader decide by what it has read, which may be long ago.
func (w *world) lead(l int) {
	x := &w.leaders[l]
	if x.hosts == nil || x.record.ID == 0 {
		return
	}
	next := Next(x.record, x.hosts, x.basis, x.clock)
	if next.Version == x.record.Version || x.token != w.token || x.read != w.written {
		return
	}
	if _, err := Parse(next.Text()); err != nil {
		w.fail("%v", err)
	}
	w.say("leader %d: %s, stage %d, %v, %s", l, next.Phase, next.Stage, next.Threshold, next.Reason)
	w.write(next)
	x.record, x.read = next, w.written
}

func (w *world) write(r Record) {
	w.revision++
	w.record, w.written = r, w.revision
}

func (w *world) elect(l int) {
	w.token++
	w.leaders[l].token = w.token
}

// Whatever happens in whatever order, no more hosts change than the policy allows, and
// none before the canary host has proved the release.
func TestNoHistoryTouchesMoreThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "hosts")
		fates := rapid.SliceOfN(rapid.SampledFrom([]fate{good, good, good, bad, late, dies, dull}), n, n).Draw(t, "fates")
		w := newWorld(t, n, func(i int) fate { return fates[i] })
		host := rapid.IntRange(0, n-1)
		leader := rapid.IntRange(0, 1)
		any := func(do func(i int)) func(*rapid.T) { return func(t *rapid.T) { do(host.Draw(t, "host")) } }
		each := func(do func(i int)) func(*rapid.T) {
			return func(*rapid.T) {
				for i := range w.hosts {
					do(i)
				}
			}
		}
		lead := func(do func(l int)) func(*rapid.T) { return func(t *rapid.T) { do(leader.Draw(t, "leader")) } }
		plan := func(i int) {
			if h := w.hosts[i]; h.Alive && (h.State == Idle || h.out()) {
				w.tell(i, Planned)
			}
		}
		seeAll := func(l int) {
			w.look(l)
			w.leaders[l].record, w.leaders[l].read = w.record, w.written
		}
		operate := func(do func(*Record)) func(*rapid.T) {
			return func(*rapid.T) {
				r := w.record
				do(&r)
				r.Version++
				if r.Phase != w.record.Phase {
					r.Threshold = nil
					w.say("operator: %s", r.Phase)
					w.write(r)
				}
			}
		}
		w.elect(0)
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) {
				if !w.canaryProved && w.starts > 1 {
					w.fail("%d started, and the canary host has proved nothing", w.starts)
				}
			},
			"plan":     any(plan),
			"plan all": each(plan),
			"drift": any(func(i int) {
				if h := w.hosts[i]; h.Alive && h.State == Planned {
					w.tell(i, Drifted)
				}
			}),
			"read":      any(w.read),
			"read all":  each(w.read),
			"start":     any(w.start),
			"start all": each(w.start),
			"end":       any(w.end),
			"end all":   each(w.end),
			"sicken": any(func(i int) {
				if h := w.hosts[i]; h.Alive && h.State == OK && w.fates[i] == late {
					w.tell(i, Unhealthy)
				}
			}),
			"leave": any(func(i int) {
				if w.hosts[i].Alive {
					w.leave(i)
				}
			}),
			"return":  any(w.comeBack),
			"look":    lead(w.look),
			"see all": lead(seeAll),
			"lead":    lead(w.lead),
			"lead soon": lead(func(l int) { // as it is when nothing is wrong
				seeAll(l)
				w.leaders[l].clock = Clock{InStage: time.Hour}
				w.lead(l)
				w.leaders[l].clock = Clock{}
			}),
			"elect": lead(w.elect),
			"stall": lead(func(l int) { w.leaders[l].clock.Quiet = time.Hour }),
			"operator pauses": operate(func(r *Record) {
				r.Pause("a person")
			}),
			"operator resumes": operate(func(r *Record) {
				if r.Phase == Paused {
					r.Phase, r.Resume = r.Resume, ""
				}
			}),
			"operator reverts": operate(func(r *Record) {
				if r.Phase != Reverted {
					r.Phase, r.Resume, r.Reason = Reverting, "", "a person"
				}
			}),
		})
	})
}

// run has a world go on as a leader and hosts do that nothing happens to, and returns
// the phase in the end.
func (w *world) run() Phase {
	for range 20 * (len(w.hosts) + 10) {
		for i := range w.hosts {
			if h := w.hosts[i]; h.Alive && h.State == Idle {
				w.tell(i, Planned)
			}
			w.read(i)
			w.start(i)
		}
		before := w.written
		w.look(0)
		x := &w.leaders[0]
		x.record, x.read, x.clock = w.record, w.written, Clock{InStage: time.Hour}
		x.token = w.token
		w.lead(0)
		if w.written == before {
			moved := false
			for i := range w.hosts {
				moved = moved || w.hosts[i].inFlight()
				w.end(i)
			}
			if !moved {
				break
			}
		}
	}
	return w.record.Phase
}

// A good release gets to every host, whatever the policy and however many there are.
func TestAGoodReleaseGetsToAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.IntRange(1, 60).Draw(t, "hosts"), func(int) fate { return good })
		if phase := w.run(); phase != Done {
			w.fail("it ends as %s, %s", phase, w.record.Reason)
		}
		if c := Count(w.record, w.hosts); c.On != c.Hosts {
			w.fail("%d of %d hosts have it", c.On, c.Hosts)
		}
	})
}

// A release that no host can run gets to one, and that one goes back.
func TestABadReleaseGetsToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.IntRange(1, 60).Draw(t, "hosts"), func(int) fate { return bad })
		if phase := w.run(); phase != Reverted || w.starts != 1 {
			w.fail("%d started, and it ends as %s", w.starts, phase)
		}
		if c := Count(w.record, w.hosts); c.On != 0 {
			w.fail("%d hosts still have it", c.On)
		}
	})
}

// One that most hosts cannot run gets to no more than the limit and those in flight, and
// all go back.
func TestFailuresAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "hosts")
		every := rapid.IntRange(2, 6).Draw(t, "every")
		w := newWorld(t, n, func(i int) fate {
			if i%every == 1 {
				return bad
			}
			return good
		})
		phase := w.run()
		c := Count(w.record, w.hosts)
		limit := w.record.Policy.MaxFailed.Of(n)
		if most := limit + w.record.Policy.parallel(n); c.Failed > most {
			w.fail("%d failed, more than %d", c.Failed, most)
		}
		if phase != Done && phase != Reverted || phase == Reverted && c.On != 0 || phase == Done && c.Failed > limit {
			w.fail("it ends as %s with %d failed of at most %d, and on %d hosts", phase, c.Failed, limit, c.On)
		}
	})
}
