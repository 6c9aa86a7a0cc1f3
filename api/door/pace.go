// SPDX-License-Identifier: Apache-2.0

package door

import (
	"sync"
	"time"
)

// maxPaced is how many sources are remembered. One more has another forgotten,
// which is better than that strangers slow each other down.
const maxPaced = 4096

// Pace bounds how often something happens for each source, and for all of them: some
// times at once, and then once in a while. It is safe for concurrent use.
type Pace struct {
	each, all rate // all is zero for no bound

	mu      sync.Mutex
	sources map[Source]*paced
	total   paced
}

// rate is that of the generic cell rate algorithm of ITU-T I.371.
type rate struct {
	burst int
	every time.Duration
}

// paced is what is known of a source.
type paced struct {
	free   time.Time // when it may do as much as one that was never seen
	missed int       // times that were too many since the last one that was not
}

// NewPace returns a pace at which a burst may happen at once, and then one every so
// often.
func NewPace(burst int, every time.Duration) *Pace {
	return &Pace{each: rate{burst, every}, sources: map[Source]*paced{}}
}

// Wait is how long a source has to wait; 0 if it may go on.
func (p *Pace) Wait(s Source) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.each.wait(p.sources[s], time.Now())
}

func (r rate) wait(at *paced, now time.Time) time.Duration {
	if at == nil || at.free.Before(now) {
		return 0
	}
	return max(0, at.free.Sub(now)-time.Duration(r.burst-1)*r.every)
}

// Spend notes that it happened. Whoever does so many times at once waits no
// longer than for one too many.
func (p *Pace) Spend(s Source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.each.spend(p.ofLocked(s), time.Now())
}

func (r rate) spend(at *paced, now time.Time) {
	if at.free.Before(now) {
		at.free = now
	}
	at.free = at.free.Add(r.every)
	if most := now.Add(time.Duration(r.burst) * r.every); at.free.After(most) {
		at.free = most
	}
}

// Due is Wait and Spend in one: whether it may happen, and how many times it was
// not since it last did.
func (p *Pace) Due(s Source) (missed int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, now := p.ofLocked(s), time.Now()
	if p.each.wait(at, now) > 0 || p.all.burst > 0 && p.all.wait(&p.total, now) > 0 {
		at.missed++
		return 0, false
	}
	p.each.spend(at, now)
	p.all.spend(&p.total, now)
	missed, at.missed = at.missed, 0
	return missed, true
}

func (p *Pace) ofLocked(s Source) *paced {
	if at, ok := p.sources[s]; ok {
		return at
	}
	if len(p.sources) >= maxPaced {
		p.forgetLocked(time.Now())
	}
	at := &paced{}
	p.sources[s] = at
	return at
}

// forgetLocked makes room: it looks at a few sources, in the random order of a
// map, and drops those that are free, or any.
func (p *Pace) forgetLocked(now time.Time) {
	dropped, looked := 0, 0
	var last Source
	for s, at := range p.sources {
		if last = s; at.free.Before(now) {
			delete(p.sources, s)
			dropped++
		}
		if looked++; looked == 16 {
			break
		}
	}
	if dropped == 0 {
		delete(p.sources, last)
	}
}

// NewReports bounds lines in the log about what a source was refused. All sources together
// stay below what journald takes of a unit (RateLimitBurst= in journald.conf(5)): whoever has
// many addresses has it drop no other line.
func NewReports() *Pace {
	p := NewPace(20, 3*time.Second)
	p.all = rate{200, 100 * time.Millisecond}
	return p
}
