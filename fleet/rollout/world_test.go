// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"maps"
	"strings"

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

// leadFresh has a leader decide by hosts that it reads for this decision alone, as it does
// before a pause: what it follows is behind that afterwards.
func (w *world) leadFresh(l int) {
	x := &w.leaders[l]
	hosts, basis := x.hosts, x.basis
	w.look(l)
	w.lead(l)
	x.hosts, x.basis = hosts, basis
}

// lead has a leader decide by what it has read, which may be long ago.
func (w *world) lead(l int) {
	x := &w.leaders[l]
	if x.record.ID == 0 {
		return
	}
	x.clock.Gate = x.gate
	next := Next(View{x.record, x.read, x.hosts, x.basis, nil}, x.clock)
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
