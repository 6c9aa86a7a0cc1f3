// SPDX-License-Identifier: Apache-2.0

package door

import (
	"slices"
	"sync"
	"time"
)

// Connections that wait to be served: of one source, and of all others than root
// on the same kind of socket.
const (
	maxWaiting    = 1024
	maxAllWaiting = 4096
)

// gate shares the connections that are served at a time among those they come
// from. Each source has its own line, and lines take turns; root's connections
// are counted apart, so that no one keeps an administrator out. It is safe for
// concurrent use.
type gate struct {
	each    int // connections of one source other than root
	crowded func(Source)
	start   time.Time

	mu              sync.Mutex
	unix, root, tcp pool
	lines           map[Source]*line
	served          map[*conn]struct{}
	last            time.Duration // when a connection was closed, since start
	looks           bool          // for connections to close, later
}

// pool is what sources of one kind share.
type pool struct {
	max, active int
	maxWaiting  int
	waiting     int
	turns       []*line // those in which someone waits; the first has the next turn
}

// line are the connections of one source.
type line struct {
	pool    *pool
	each    int
	active  int
	waiting []*conn
}

func newGate(most, each int, crowded func(Source)) *gate {
	p := pool{max: most, maxWaiting: maxAllWaiting}
	return &gate{
		each: min(each, most), crowded: crowded, start: time.Now(),
		unix: p, root: p, tcp: p,
		lines:  map[Source]*line{},
		served: map[*conn]struct{}{},
	}
}

// lineLocked is the line of a source.
func (g *gate) lineLocked(s Source) *line {
	if l, ok := g.lines[s]; ok {
		return l
	}
	l := &line{pool: &g.unix, each: g.each}
	switch s.kind {
	case rootSource:
		l.pool, l.each = &g.root, g.root.max
	case netSource:
		l.pool = &g.tcp
	}
	g.lines[s] = l
	return l
}

// arrive has a connection served or wait; false if it can do neither.
func (g *gate) arrive(c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lineLocked(c.source)
	p := l.pool
	if len(l.waiting) == 0 && l.active < l.each && p.active < p.max {
		g.serveLocked(l, c)
		return true
	}
	if len(l.waiting) == maxWaiting || p.waiting == p.maxWaiting {
		return false
	}
	if len(l.waiting) == 0 {
		p.turns = append(p.turns, l)
	}
	l.waiting = append(l.waiting, c)
	p.waiting++
	g.lookLaterLocked()
	return true
}

func (g *gate) serveLocked(l *line, c *conn) {
	l.active++
	l.pool.active++
	g.served[c] = struct{}{}
	c.listener.ready = append(c.listener.ready, c)
	c.listener.woken.Signal()
}

// leave notes that a connection was closed, and lets the next one in.
func (g *gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = time.Since(g.start)
	l, ok := g.lines[c.source]
	if _, served := g.served[c]; !ok || !served {
		return
	}
	delete(g.served, c)
	l.active--
	l.pool.active--
	g.nextLocked(l.pool)
	g.tidyLocked(c.source, l)
}

// nextLocked serves those whose turn it is. A line that has all it may have is
// passed over and keeps its turn.
func (g *gate) nextLocked(p *pool) {
	for p.active < p.max {
		i := slices.IndexFunc(p.turns, func(l *line) bool { return l.active < l.each })
		if i < 0 {
			return
		}
		l := p.turns[i]
		p.turns = slices.Delete(p.turns, i, i+1)
		c := l.waiting[0]
		l.waiting = l.waiting[1:]
		p.waiting--
		if len(l.waiting) > 0 {
			p.turns = append(p.turns, l)
		}
		g.serveLocked(l, c)
	}
}

// tidyLocked forgets a line that no one is in.
func (g *gate) tidyLocked(s Source, l *line) {
	if l.active == 0 && len(l.waiting) == 0 {
		delete(g.lines, s)
	}
}

// forsakeLocked takes out those who wait and have come over a listener that has
// ended.
func (g *gate) forsakeLocked(from *limited) (left []*conn) {
	for s, l := range g.lines {
		before := len(l.waiting)
		l.waiting = slices.DeleteFunc(l.waiting, func(c *conn) bool {
			if c.listener == from {
				left = append(left, c)
			}
			return c.listener == from
		})
		l.pool.waiting -= before - len(l.waiting)
		if before > 0 && len(l.waiting) == 0 {
			l.pool.turns = slices.DeleteFunc(l.pool.turns, func(other *line) bool { return other == l })
		}
		g.tidyLocked(s, l)
	}
	return left
}

// unused is for how long no one has been connected.
func (g *gate) unused() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.lines) > 0 {
		return 0
	}
	return time.Since(g.start) - g.last
}

// stuck are the connections whose clients have been waited for that long, at
// least since the time given.
func (g *gate) stuck(since time.Time, atLeast time.Duration) (all []*conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.served {
		if from, waits := c.progress.waits(); waits {
			if from.Before(since) {
				from = since
			}
			if time.Since(from) >= atLeast {
				all = append(all, c)
			}
		}
	}
	return all
}
