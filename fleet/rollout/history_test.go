// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
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

// failer is a test.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world is a fleet on a store that has transactions: what is true, and what two leaders
// and the hosts believe.
type world struct {
	t        failer
	seed     uint64
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
		gate   Gate
	}
	passes bool // the gate, as whoever wrote the record knew it
	token  int  // of the leader that holds the lease
	log    []func() string
	// canaryProved is that one host has kept the release.
	canaryProved bool
	starts       int
	// allowed is how many hosts may have touched the release without a proof of it: what
	// may fail and what may be in flight, as whoever wrote the record knew the fleet.
	allowed, parallel int
	places            []int  // of each ring, in all
	gone              []bool // the store has forgotten it
	// excused is that an operator has said that what became of it does not matter: it is
	// forgotten, held without having settled, or has no data where none is needed.
	excused []bool
	proved  []bool
	began   map[int]bool
	holds   []bool // an operator holds it, which it may not have heard
}

// touched is how many hosts have run the release and not proved it good: those in flight,
// lost, failed and without data. Hosts that fall ill after their proof are not among them,
// nor are those of which an operator has said that they do not matter.
func (w *world) touched() (n int) {
	for i, h := range w.hosts {
		count(&n, h.Tried && h.State != Idle && !w.excused[i] && !w.proved[i])
	}
	return n
}

func (w *world) say(format string, args ...any) {
	w.log = append(w.log, func() string { return fmt.Sprintf(format, args...) })
}

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	var log []string
	for _, line := range w.log[max(0, len(w.log)-60):] {
		log = append(log, line())
	}
	w.t.Fatalf("%s\ngo test ./rollout -run TestNoHistory -seed=%d shows it\n%s", fmt.Sprintf(format, args...), w.seed, strings.Join(log, "\n"))
}

// policyOf makes a policy by choices: below is a number below another.
func policyOf(below func(n int) int) Policy {
	p := DefaultPolicy()
	p.MaxParallel = []Amount{"1", "2", "20", "10%", "100%"}[below(5)]
	p.MaxFailed = []Amount{"0", "1", "3", "10%"}[below(4)]
	p.MaxMissing = []Amount{"0", "2", "30%", "100%"}[below(4)]
	if below(2) == 0 {
		p.Rings = []Match{"*"}
	}
	if below(3) == 0 {
		p.Spread = "site"
	}
	if below(4) == 0 {
		p.Gate = "up"
	}
	return p
}

func drawn(t *rapid.T) Policy {
	return policyOf(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
}

func newWorld(t failer, n int, p Policy, draw func(i int) fate) *world {
	w := &world{t: t, revision: 1, began: map[int]bool{}}
	w.record = Record{Format: Format, ID: 7, Version: 1, Release: strings.Repeat("a", 64), Sequence: 3, By: "x", Policy: p, Phase: Preflight}
	w.written = w.revision
	for i := range n {
		h := Host{Format: Format, ID: fmt.Sprint("h", i), State: Idle, Alive: true, Tags: Tags{"host": fmt.Sprint("h", i)}}
		if i%4 > 0 {
			h.Tags["site"] = fmt.Sprint(i % 4)
		}
		if i%5 == 0 {
			h.Tags["ring"] = "canary"
		}
		w.hosts = append(w.hosts, h)
		w.fates = append(w.fates, draw(i))
	}
	w.returned, w.seen, w.believed = make([]bool, n), make([]int64, n), make([]Record, n)
	w.excused, w.proved, w.gone, w.holds = make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n)
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
	flying := 0
	for j, o := range w.hosts {
		count(&flying, o.Alive && o.inFlight() && !w.returned[j])
	}
	if flying >= w.parallel {
		w.fail("%s starts as number %d, and %d are allowed", h.ID, flying+1, w.parallel)
	}
	for j, o := range w.hosts {
		if place := w.record.Policy.place(o); place != "" && place == w.record.Policy.place(*h) && o.Alive && o.inFlight() && !w.returned[j] {
			w.fail("%s starts, and %s of the same site is in flight", h.ID, o.ID)
		}
	}
	if n := w.touched(); forward && n >= w.allowed {
		w.fail("%s starts, and %d hosts have touched the release and not proved it, of %d", h.ID, n, w.allowed)
	}
	if !forward {
		w.tell(i, GoingBack)
		return
	}
	w.starts++
	if !w.passes {
		w.fail("%s starts, and the gate is closed", h.ID)
	}
	if w.record.Phase != Rolling && w.record.Phase != Done {
		w.fail("%s starts in phase %s", h.ID, w.record.Phase)
	}
	w.began[i], w.excused[i] = true, false
	maps.DeleteFunc(w.began, func(j int, _ bool) bool { return w.excused[j] })
	if !w.canaryProved && len(w.began) > 1 {
		w.fail("%s starts, and the canary host has proved nothing", h.ID)
	}
	h.On, h.Tried = true, true
	w.tell(i, Applying)
	w.stage(i)
}

// stage holds how many have tried to the stage.
func (w *world) stage(i int) {
	tried := make([]int, len(w.record.Policy.Rings))
	for j, h := range w.hosts {
		count(&tried[w.record.Policy.Ring(h.Tags)], h.Tried && !w.excused[j])
	}
	total := 0
	for _, n := range tried {
		total += n
	}
	// The canary host is of any ring, and no other host starts out of its turn.
	ring := w.record.Policy.Ring(w.hosts[i].Tags)
	if n, most := tried[ring], w.places[ring]; n > most {
		w.fail("%s is number %d of ring %d, and stage %d has place for %d", w.hosts[i].ID, n, ring, w.record.Stage, most)
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
	if h.State == GoingBack {
		h.On, w.returned[i] = false, false
		w.tell(i, WentBack)
		return
	}
	if w.believed[i].Back() { // at once, in the place that it has
		w.tell(i, GoingBack)
		return
	}
	w.returned[i] = false
	fate := w.fates[i]
	if fate == dull && w.believed[i].Policy.OnInconclusive == InconclusivePasses {
		fate = good
	}
	switch fate {
	case good, late:
		w.canaryProved, w.proved[i] = true, true
		w.tell(i, OK)
	case bad:
		h.On = false
		w.tell(i, Failed)
	case dull:
		h.On = false
		w.tell(i, Inconclusive)
		w.excused[i] = w.holds[i]
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
	h.Alive, w.gone[i] = true, false
	w.returned[i] = h.inFlight()
	w.tell(i, h.State)
}

// look has a leader read the hosts.
func (w *world) look(l int) {
	x := &w.leaders[l]
	x.hosts, x.basis = make([]Host, 0, len(w.hosts)), w.revision
	for i, h := range w.hosts {
		if w.gone[i] {
			continue
		}
		if w.holds[i] && h.State != Held && !h.State.Settled(h.On) {
			h.Told, h.State = h.State, Held
		}
		x.hosts = append(x.hosts, h)
	}
}

// lead has a leader decide by what it has read, which may be long ago.
func (w *world) lead(l int) {
	x := &w.leaders[l]
	if x.record.ID == 0 {
		return
	}
	x.clock.Gate = x.gate
	next := Next(View{x.record, x.read, x.hosts, x.basis}, x.clock)
	if next.Version == x.record.Version || x.token != w.token || x.read != w.written {
		return
	}
	if _, err := Parse(next.Text()); err != nil {
		w.fail("%v", err)
	}
	w.say("leader %d: %s, stage %d, %v, %s", l, next.Phase, next.Stage, next.Threshold, next.Reason)
	c := next.crowd(x.hosts) // as it was decided by
	w.passes = next.Phase == Done || next.passes(x.clock)
	w.parallel = next.Policy.parallel(c.counted())
	w.allowed = next.allowed(c) + w.parallel
	w.places = nil
	for ring := range c.sizes {
		w.places = append(w.places, next.quota(c, ring))
	}
	w.write(next)
	x.record, x.read = next, w.written
}

func (w *world) write(r Record) {
	w.revision++
	w.record, w.written = r, w.revision
}

// elect has a leader get the lead, and read everything after that.
func (w *world) elect(l int) {
	w.token++
	w.leaders[l].token = w.token
	w.seeAll(l)
}

func (w *world) seeRecord(l int) {
	w.leaders[l].record, w.leaders[l].read = w.record, w.written
}

func (w *world) seeAll(l int) {
	w.look(l)
	w.seeRecord(l)
}

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
