// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"context"
	"fmt"

	"kresd-manager/internal/kresd"
)

// Follow has a worker answer a request as kresd does for a name that a server upstream
// has: 192.0.2.7 and, the second time, from the cache. Names below "refused." are
// refused to clients, and UnknownType is no type.
func (s *Systemd) Follow(ctx context.Context, instance string, q kresd.Question) (kresd.Trace, error) {
	var t kresd.Trace
	err := s.control(ctx, "follow", instance, func(*unit) {
		code, key := 0, q.Type+" "+q.Name
		t = kresd.Trace{RCode: &code, Took: 12, Answer: []string{fmt.Sprintf("%s 60 %s 192.0.2.7", q.Name, q.Type)}}
		say := func(at float64, line string) {
			t.Lines = append(t.Lines, kresd.TraceLine{At: at, Line: line + "\n"})
		}
		say(0, fmt.Sprintf("[iterat][65538.00]   '%s' type '%s' new uid was assigned .01, parent uid .00", q.Name, q.Type))
		if s.resolved[key] {
			t.Took = 0
			say(0, "[cache ][65538.01]   => satisfied by exact RRset: rank 020, new TTL 59")
		} else {
			say(0, "[cache ][65538.01]   => skipping unfit NS packet: rank 020, new TTL -9")
			say(0, fmt.Sprintf("[resolv][65538.01]   => id: '61917' querying: 'ns.'@'192.0.2.53#00053' zone cut: '.' qname: '%s' qtype: '%s' proto: 'udp'", q.Name, q.Type))
			say(12, "[select][65538.01]   => id: '61917' updating: 'ns.'@'192.0.2.53#00053' zone cut: '.' with rtt 12 to srtt: 12 and variance: 2 ")
		}
		say(t.Took, "[iterat][65538.01]   <= rcode: NOERROR")
		say(t.Took, "[resolv][65538.01]   AD: request NOT classified as SECURE")
		if s.resolved == nil {
			s.resolved = map[string]bool{}
		}
		s.resolved[key] = true
	})
	if err == nil && q.Type == UnknownType {
		return kresd.Trace{}, &kresd.LuaError{Message: "unknown record type " + q.Type}
	}
	return t, err
}

// Cache returns counters of the cache, which differ from worker to worker.
func (s *Systemd) Cache(ctx context.Context, instance string) (c kresd.CacheStatistics, err error) {
	err = s.control(ctx, "cache", instance, func(u *unit) {
		c = kresd.CacheStatistics{Entries: 1234, Usage: s.usage, SizeBytes: 100 << 20, Reads: 300, Misses: 100, Writes: 50}
	})
	return c, err
}

// FillCache has the workers tell that so many percent of the cache are used.
func (s *Systemd) FillCache(percent float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usage = percent
}

// AskUpstreams returns the times of two servers.
func (s *Systemd) AskUpstreams(ctx context.Context, instance string) (a kresd.Upstreams, err error) {
	err = s.control(ctx, "upstreams", instance, func(*unit) {
		a = kresd.Upstreams{UDP: 20, TCP: 2, TLS: 1, Timeouts: 3}
		a.Times("192.0.2.53", 10, 12, 30)
		a.Times("2001:db8::53", 40)
	})
	return a, err
}

// SystemdVersion returns that of this systemd.
func (s *Systemd) SystemdVersion(context.Context) (string, error) { return "259 (in memory)", nil }

// KresdVersion returns that of a worker.
func (s *Systemd) KresdVersion(ctx context.Context, instance string) (v string, err error) {
	err = s.control(ctx, "version", instance, func(*unit) { v = "6.5.0" })
	return v, err
}
