// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"time"
)

// maxInstantLimit is what the counters of the engine hold: 2^32 / 768 - 1.
const maxInstantLimit = 5_592_404

func (l *RateLimiting) check(s *scope) {
	if s.fine("log-period") {
		s.milliseconds("log-period", &l.LogPeriod)
	}
	if !s.fine("enable", "rate-limit", "instant-limit") {
		return
	}
	switch {
	case l.Enable && !s.given("rate-limit"):
		s.problem("enable", "rate-limiting needs rate-limit", "add rate-limit, or set enable to false")
	case l.InstantLimit > maxInstantLimit:
		s.problem("instant-limit", fmt.Sprintf("instant-limit is at most %d", maxInstantLimit), "")
	case l.RateLimit > 1000*l.InstantLimit:
		s.problem("rate-limit", fmt.Sprintf("rate-limit is at most 1000 times instant-limit, %d", 1000*l.InstantLimit),
			"raise instant-limit")
	}
}

func (d *Defer) check(s *scope) {
	if s.fine("log-period") {
		s.milliseconds("log-period", &d.LogPeriod)
	}
}

func (d *DNS64) check(s *scope) {
	if s.fine("reverse-ttl") {
		s.optionalSeconds("reverse-ttl", &d.ReverseTTL)
	}
}

func (l *Logging) check(s *scope) {
	if !s.fine("groups") {
		return
	}
	seen := make(map[string]bool)
	for i, group := range l.Groups {
		if seen[group] {
			s.problem(fmt.Sprintf("groups/%d", i), "the group "+group+" is listed twice", "remove it here")
		}
		seen[group] = true
	}
}

func (d *Dnstap) check(s *scope) {
	if !s.fine("enable", "unix-socket", "log-queries", "log-responses") || !d.Enable {
		return
	}
	switch {
	case !s.given("unix-socket"):
		s.problem("enable", "dnstap needs unix-socket, where the collector listens", "add unix-socket, or set enable to false")
	case !d.LogQueries && !d.LogResponses:
		s.warn("enable", "dnstap copies nothing", "set log-queries or log-responses")
	}
}

func (g *Graphite) check(s *scope) {
	if s.fine("enable", "host") && g.Enable && !s.given("host") {
		s.problem("enable", "graphite needs host, the server to send to", "add host, or set enable to false")
	}
	if s.fine("enable", "interval") && s.seconds("interval", &g.Interval) && g.Enable && g.Interval < time.Second {
		s.problem("interval", "the time must not be 0", "at least 1s")
	}
}
