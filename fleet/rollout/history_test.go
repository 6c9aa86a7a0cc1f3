// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// history has a world go through a history that a seed chooses: leaders and hosts work, in
// any order and on what they have last read, and in between things happen to them. In the
// end all is well again, and the rollout comes to an end.
func history(t failer, seed uint64, count *ends) {
	rng := rand.New(rand.NewPCG(seed, 0))
	n := 1 + rng.IntN(12)
	if rng.IntN(50) == 0 {
		n += rng.IntN(50)
	}
	kinds := [][]fate{{good}, {good, good, good, good, late}, {good, good, bad, late, dies, dull}, {bad, dull, dies}}[rng.IntN(4)]
	w := newWorld(t, n, policyOf(func(n int) int { return rng.IntN(n) }), func(int) fate { return kinds[rng.IntN(len(kinds))] })
	w.seed = seed
	w.leaders[0].gate, w.leaders[1].gate = Gate{Open: true}, Gate{Open: true}
	w.elect(0)
	chaos := rng.IntN(4) // how much happens
	type action struct {
		weight int
		do     func(host, leader int)
	}
	each := func(do func(int)) func(int, int) {
		return func(int, int) {
			for i := range w.hosts {
				do(i)
			}
		}
	}
	host := func(do func(int)) func(int, int) { return func(i, _ int) { do(i) } }
	lead := func(do func(int)) func(int, int) { return func(_, l int) { do(l) } }
	actions := []action{
		{4, host(w.plan)},
		{2, each(w.plan)},
		{12, host(w.read)},
		{6, each(w.read)},
		{12, host(w.start)},
		{3, each(w.start)},
		{10, host(w.end)},
		{1, each(w.end)},
		{8, lead(w.look)},
		{8, lead(w.seeRecord)}, // whose watch is ahead of that of the hosts
		{6, lead(w.seeAll)},
		{16, lead(w.lead)},
		{6, lead(w.leadSoon)},
		{4, lead(w.leadFresh)},
		{chaos * 2, host(w.drift)},
		{chaos * 2, host(w.sicken)},
		{chaos, host(w.leave)},
		{chaos * 3, host(w.comeBack)},
		{chaos, lead(w.elect)},
		{chaos / 2, lead(func(l int) { w.leaders[l].clock = Clock{Quiet: time.Hour, InStage: time.Hour} })}, // its clock jumps
		{chaos, lead(func(l int) { w.leaders[l].clock = Clock{} })},
		{chaos, lead(func(l int) { w.leaders[l].gate = Gate{} })}, // it does not answer
		{chaos / 3, lead(func(l int) { w.leaders[l].gate = Gate{Why: "the gate is closed"} })},
		{chaos * 2, lead(func(l int) { w.leaders[l].gate = Gate{Open: true} })},
		{chaos, host(w.hold)},
		{chaos, host(func(i int) { w.holds[i] = false })},
		{chaos * 2, host(w.hear)},
		{chaos / 3, host(w.forget)},
		{chaos / 2, func(int, int) { w.operate(func(r *Record) { r.Pause("a person") }) }},
		{chaos * 2, func(int, int) { w.operate(w.resume(rng.IntN(2) == 0)) }},
	}
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	revert := -1
	if rng.IntN(8) == 0 {
		revert = rng.IntN(300)
	}
	for step := range 100 + 40*n {
		if step == revert {
			w.operate(func(r *Record) {
				if r.Phase != Reverted {
					r.Phase, r.Resume, r.Reason = Reverting, "", "a person"
				}
			})
		}
		at := rng.IntN(total)
		for _, a := range actions {
			if at -= a.weight; at < 0 {
				a.do(rng.IntN(n), rng.IntN(2))
				break
			}
		}
	}
	for i := range w.hosts {
		w.comeBack(i)
		w.holds[i] = false
		w.hear(i)
		w.plan(i)
	}
	w.elect(0)
	w.operate(w.resume(true))
	phase := w.run()
	if phase == Paused { // for what has come up on the way to the end
		w.operate(w.resume(true))
		phase = w.run()
	}
	c := Count(w.record, w.hosts)
	switch {
	case c.InFlight > 0:
		w.fail("in the end %d hosts are in flight", c.InFlight)
	case phase == Reverted && c.On > 0:
		w.fail("it went back, and %d hosts have it", c.On)
	case phase == Done && c.Ready > 0 && w.record.late(w.record.crowd(w.hosts)) == "":
		w.fail("it is done, and %d hosts that are ready do not start", c.Ready)
	case phase != Done && phase != Reverted && phase != Paused:
		w.fail("it ends as %s: %s", phase, strings.Join(Why(w.record, w.hosts, nil), "; "))
	}
	count.phases[phase]++
	count.starts += w.starts
}

// ends is what histories came to.
type ends struct {
	phases map[Phase]int
	starts int
}

var oneSeed = flag.Uint64("seed", 0, "the only history to go through, with its `SEED`; 0 is many")

// Whatever happens in whatever order, no more hosts change at a time than the policy
// allows, none before the canary host has proved the release, and no more than may fail and
// be in flight have touched it without a proof.
func TestNoHistoryTouchesMoreThanAllowed(t *testing.T) {
	count := &ends{phases: map[Phase]int{}}
	if *oneSeed != 0 {
		history(t, *oneSeed, count)
		return
	}
	first := rand.Uint64()
	for i := range uint64(histories) {
		history(t, max(1, first+i), count)
	}
	if count.phases[Done] < histories/5 || count.phases[Reverted] < histories/5 || count.starts < 2*histories {
		t.Errorf("the histories show too little: they end as %v, with %d starts", count.phases, count.starts)
	}
	t.Logf("they end as %v, with %d starts", count.phases, count.starts)
}

func (w *world) plan(i int) {
	if h := w.hosts[i]; h.Alive && !w.gone[i] && (h.State == Idle || h.State == Drifted || h.State == Blocked || h.State == Inconclusive && w.record.Policy.OnInconclusive == InconclusivePasses) {
		if h.State == Inconclusive { // an operator has said that it does not matter
			w.hosts[i].Tried, w.excused[i] = false, true
		}
		w.tell(i, Planned)
	}
}

func (w *world) drift(i int) {
	if h := w.hosts[i]; h.Alive && h.State == Planned {
		w.tell(i, Drifted)
	}
}

func (w *world) sicken(i int) {
	if h := w.hosts[i]; h.Alive && h.State == OK && w.fates[i] == late {
		w.tell(i, Unhealthy)
	}
}

// hear has a host hear whether it is held.
func (w *world) hear(i int) {
	h := w.hosts[i]
	switch {
	case !h.Alive || w.gone[i]:
	case w.holds[i] && h.State != Held && !h.State.Settled(h.On):
		w.tell(i, Held)
	case !w.holds[i] && h.State == Held:
		w.hosts[i].Tried = false
		w.tell(i, Idle)
	}
}

func (w *world) hold(i int) {
	h := w.hosts[i]
	w.holds[i] = true
	w.excused[i] = w.excused[i] || h.Tried && !h.State.Settled(h.On)
	w.say("operator holds %s", h.ID)
}

// forget has an operator remove a host that is away, for good or not.
func (w *world) forget(i int) {
	if h := w.hosts[i]; !h.Alive {
		w.revision++
		w.gone[i], w.holds[i] = true, false
		w.excused[i] = w.excused[i] || h.Tried
		w.say("%s: forgotten", h.ID)
	}
}

// leadSoon is how it is when nothing is wrong.
func (w *world) leadSoon(l int) {
	w.seeAll(l)
	w.leaders[l].clock = Clock{InStage: time.Hour}
	w.lead(l)
	w.leaders[l].clock = Clock{}
}

func (w *world) operate(do func(*Record)) {
	r := w.record
	do(&r)
	if r.Phase == w.record.Phase {
		return
	}
	r.Version++
	r.Threshold = nil
	w.say("operator: %s", r.Phase)
	w.write(r)
}

// resume goes on with a paused rollout; generous is that an operator says that nothing of
// what has stopped it matters.
func (w *world) resume(generous bool) func(*Record) {
	return func(r *Record) {
		if r.Phase != Paused {
			return
		}
		r.Phase, r.Resume, r.Reason = r.Resume, "", ""
		if generous {
			r.Policy.MaxMissing, r.Policy.OnInconclusive = "100%", InconclusivePasses
			for i, h := range w.hosts {
				w.excused[i] = w.excused[i] || h.State == Inconclusive
			}
		}
	}
}

// run has a world go on as a leader and hosts do that nothing happens to, and returns
// the phase in the end.
func (w *world) run() Phase {
	for range 20 * (len(w.hosts) + 10) {
		for i := range w.hosts {
			w.plan(i)
			w.read(i)
			w.start(i)
		}
		before := w.written
		w.look(0)
		x := &w.leaders[0]
		x.record, x.read, x.clock = w.record, w.written, Clock{InStage: time.Hour}
		x.token, x.gate = w.token, Gate{Open: true}
		w.lead(0)
		if w.written == before {
			moved := false
			for i := range w.hosts {
				moved = moved || w.hosts[i].inFlight()
				w.end(i)
			}
			for i := range w.hosts { // those that died
				moved = moved || !w.hosts[i].Alive
				w.comeBack(i)
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
		w := newWorld(t, rapid.IntRange(1, 60).Draw(t, "hosts"), drawn(t), func(int) fate { return good })
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
		w := newWorld(t, rapid.IntRange(1, 60).Draw(t, "hosts"), drawn(t), func(int) fate { return bad })
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
		w := newWorld(t, n, drawn(t), func(i int) fate {
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

// Of 1,000 hosts 3 % fail, and 1 % may: it stops in time, and all go back. At no time more
// than may fail and be in flight have the release and have not proved it, which is held at
// each start.
func TestThreePercentFail(t *testing.T) {
	const n = 1000
	p := DefaultPolicy()
	rng := rand.New(rand.NewPCG(1, 1))
	w := newWorld(t, n, p, func(int) fate { return good })
	left := 3 * n / 100
	for _, i := range rng.Perm(n) {
		if left > 0 && i%5 != 0 { // one in the canary ring would be the end at once
			left--
			w.fates[i] = bad
		}
	}
	phase := w.run()
	c := Count(w.record, w.hosts)
	limit, parallel := p.MaxFailed.Of(n), p.parallel(n)
	if phase != Reverted || c.On != 0 || c.Failed <= limit || c.Failed > limit+parallel {
		w.fail("it ends as %s with %d failed of at most %d and %d, and on %d hosts", phase, c.Failed, limit, parallel, c.On)
	}
	t.Logf("%d of %d hosts have tried it when it stops, and %d failed", w.starts, n, c.Failed)
}
