// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"encoding/json"
	"time"

	"kresd-manager/internal/top"
	"kresd-manager/units"
)

// Reading returns what the counters of workers, units and the cache stand at. Workers
// that do not answer within seconds are left out of it; of the cache, which they share,
// one is asked.
func (m *Manager) Reading(ctx context.Context) (top.Reading, error) {
	st, err := m.statusSoon(ctx)
	if err != nil {
		return top.Reading{}, err
	}
	r := top.Reading{When: time.Now(), Counts: map[string]map[string]map[string]float64{}, Units: st.Units}
	var answers string
	for _, w := range m.gather(ctx, st) {
		var counts map[string]map[string]float64
		if w.Counts != nil && json.Unmarshal(w.Counts, &counts) == nil {
			r.Counts[w.InstanceID()] = counts
			answers = w.Unit
		}
	}
	if answers == "" { // none counts, and one may answer nevertheless
		if workers := workersOf(st); len(workers) > 0 {
			answers = workers[0]
		}
	}
	if answers != "" {
		ctx, cancel := context.WithTimeout(ctx, statisticsDeadline)
		defer cancel()
		if c, err := m.o.Workers.Cache(ctx, units.Instance(answers)); err == nil {
			r.Cache = units.CacheStatistics{Entries: c.Entries, Usage: c.Usage, SizeBytes: c.SizeBytes}
		}
	}
	return r, nil
}
