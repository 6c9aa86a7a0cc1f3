// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"sync"

	"kresd-manager/api/door"
	"kresd-manager/api/wire"
)

// How many there are at a time: of one caller, and of all other than root, who has
// as many again.
const (
	eventsEach, eventsAll = 16, 64
	logsEach, logsAll     = 4, 8 // each has a process of its own

	samplesEach, samplesAll = 16, 64
	textsEach, textsAll     = 2, 8
	plansEach, plansAll     = 4, 16
	tracesEach, tracesAll   = 2, 4 // each has a worker keep what it says
	// Changes that no connection waits for, and connections that wait for one.
	changesEach, changesAll = 16, 64
	waitsEach, waitsAll     = 16, 64
)

// shares bounds how many callers do something that takes long or costs much, each
// and together. Root's are counted apart, as connections are. It is safe for
// concurrent use.
type shares struct {
	what      string // "event streams"
	each, all int

	mu    sync.Mutex
	of    map[string]int
	taken int // by all but root
}

func newShares(what string, each, all int) *shares {
	return &shares{what: what, each: each, all: all, of: map[string]int{}}
}

// take returns what gives the share back, or why there is none.
func (s *shares) take(w *response, r *http.Request) (giveBack func(), err error) {
	who := door.CallerOf(r)
	name, root := holder(w, who), who.Source().Root()
	each := s.each
	if root {
		each = s.all
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[name] >= each {
		return nil, busy("%s has %d %s at a time already; end one, or try again later", name, each, s.what)
	}
	if !root && s.taken >= s.all {
		return nil, busy("there are %d %s at a time already; try again later", s.all, s.what)
	}
	s.count(name, root, 1)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count(name, root, -1)
	}), nil
}

func (s *shares) count(name string, root bool, by int) {
	if s.of[name] += by; s.of[name] == 0 {
		delete(s.of, name)
	}
	if !root {
		s.taken += by
	}
}

// holder names a caller: a user on the unix socket, an address with the role whose
// token it sent over TCP.
func holder(w *response, c *door.Caller) string {
	name := c.Source().String()
	if c.TCP() && w.role != "" {
		name = w.role + " at " + name
	}
	return name
}

// planning is the share of a request that is a dry run; others need none.
func (h *handlers) planning(w *response, r *http.Request, dry bool) (giveBack func(), err error) {
	if !dry {
		return func() {}, nil
	}
	return h.plans.take(w, r)
}

func busy(format string, args ...any) error {
	return &refusal{http.StatusServiceUnavailable, wire.KindBusy, "not available", fmt.Sprintf(format, args...)}
}
