// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net"
	"net/http"
	"time"
)

const (
	// restTime is how long a connection may be between two requests while others wait for a
	// place: a client that is about to send is not cut.
	restTime = time.Second
	// mostLooked is how many lines are looked at for which room could be made, each time.
	mostLooked = 64
)

// yieldsTo reports whether the end of a connection of a line is of use to one that waits in
// another, and fair.
func (l *line) yieldsTo(waiting *line) bool {
	if waiting.active >= waiting.each {
		return l == waiting
	}
	return l.pool == waiting.pool && l.active > waiting.active
}

// Crowded reports whether the connection of a caller is to end with the request: others of
// the same source wait, or of sources that have fewer. Whoever is told so by the answer has
// not sent the next request.
func (c *Caller) Crowded() bool {
	if c.conn == nil {
		return false
	}
	g := c.conn.listener.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	l, ok := g.lines[c.conn.source]
	if !ok {
		return false
	}
	for i, waiting := range l.pool.turns {
		if i == mostLooked {
			break
		}
		if l.yieldsTo(waiting) {
			return true
		}
	}
	return false
}

// rest notes that a connection is between two requests, or no more.
func (g *gate) rest(c *conn, rests bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.unused = (time.Time{}); rests {
		c.unused = time.Now()
	}
}

// lookLaterLocked has it looked whether someone who waits can have a place that no one uses.
func (g *gate) lookLaterLocked() {
	if !g.looks {
		g.looks = true
		time.AfterFunc(restTime/2, g.look)
	}
}

// look closes connections that are between two requests, one for each line in which someone
// waits, for as long as someone does. So no one keeps others out with connections on which
// they ask for something now and then.
func (g *gate) look() {
	g.mu.Lock()
	var spare []*conn
	g.looks = false
	for _, p := range []*pool{&g.unix, &g.root, &g.tcp} {
		for i, waiting := range p.turns {
			g.lookLaterLocked()
			if i == mostLooked {
				break
			}
			if c := g.spareLocked(waiting); c != nil {
				c.unused = time.Time{} // once
				spare = append(spare, c)
			}
		}
	}
	g.mu.Unlock()
	for _, c := range spare {
		_ = c.Close() // which lets the next one in
	}
}

// spareLocked is a connection that can be closed for one that waits in a line: of the source
// that has most, and of those the one that was unused longest. nil if there is none.
func (g *gate) spareLocked(waiting *line) (spare *conn) {
	most := 0
	for c := range g.served {
		of := g.lines[c.source]
		if c.unused.IsZero() || time.Since(c.unused) < restTime || !of.yieldsTo(waiting) {
			continue
		}
		if spare == nil || of.active > most || of.active == most && c.unused.Before(spare.unused) {
			spare, most = c, of.active
		}
	}
	return spare
}

// state follows whether connections are between two requests, as package http says.
func (g *gate) state(accepted net.Conn, state http.ConnState) {
	if c := ours(accepted); c != nil && (state == http.StateIdle || state == http.StateActive) {
		g.rest(c, state == http.StateIdle)
	}
}
