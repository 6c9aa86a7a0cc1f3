// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kresd-manager/internal/kresd"
)

// Statistics returns what a worker has counted: as many answers as its process
// id, so that workers differ.
func (s *Systemd) Statistics(ctx context.Context, instance string) (json.RawMessage, error) {
	var counts json.RawMessage
	err := s.control(ctx, "statistics", instance, func(u *unit) {
		counts = fmt.Appendf(nil, `{"answer":{"total":%d,"1ms":2,"10ms":3,"slow":1,"sum_ms":1500}}`, u.o.MainPID)
	})
	return counts, err
}

// UnknownType is a type of records that workers refuse to clear.
const UnknownType = "NONE"

// ClearCache has a worker clear the cache; it tells its process id as the number
// of entries.
func (s *Systemd) ClearCache(ctx context.Context, instance string, what kresd.Clear) (json.RawMessage, error) {
	var said json.RawMessage
	err := s.control(ctx, "clear-cache", instance, func(u *unit) { said = fmt.Appendf(nil, `{"count":%d}`, u.o.MainPID) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleared = append(s.cleared, what)
	if err == nil && what.Type == UnknownType {
		return nil, fmt.Errorf("cannot clear the cache: %w", &kresd.LuaError{Message: "unknown record type " + what.Type})
	}
	return said, err
}

// Cleared returns what workers were told to clear since the last time, in order.
func (s *Systemd) Cleared() []kresd.Clear {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.cleared
	s.cleared = nil
	return all
}

// AllFigures are the statistics, and what Cache and AskUpstreams return.
func (s *Systemd) AllFigures(ctx context.Context, instance string) (f kresd.Figures, err error) {
	if f.Counts, err = s.Statistics(ctx, instance); err != nil {
		return f, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Cache = &kresd.CacheStatistics{Entries: 1234, Usage: s.usage, SizeBytes: 100 << 20, Reads: 300, Misses: 100, Writes: 50}
	f.Work = kresd.Work{Concurrent: 4, Dropped: 5, UDP: 20, TCP: 2, TLS: 1, Timeouts: 3}
	f.RoundTrips = kresd.RoundTrips{Answers: 4, P50: 12, P95: 40, P99: 40}
	f.Delay = 2 * time.Millisecond
	return f, nil
}
