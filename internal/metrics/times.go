// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"sync"
	"time"

	"kresd-manager/internal/metrics/exposition"
)

// Times are durations in buckets.
type Times struct {
	Count   uint64
	Sum     time.Duration
	Buckets map[float64]uint64 // cumulative, by the upper bound in seconds
}

func (t Times) send(out *exposition.Text, d *exposition.Desc, labels ...string) {
	out.Histogram(d, t.Count, t.Sum.Seconds(), t.Buckets, labels...)
}

// note adds one; bounds are always the same, in seconds.
func (t *Times) note(took time.Duration, bounds []float64) {
	t.Count++
	t.Sum += took
	for _, b := range bounds {
		n := t.Buckets[b]
		if took.Seconds() <= b {
			n++
		}
		t.Buckets[b] = n
	}
}

// changeBounds are for changes, in seconds: most take some tenths, one that loads many
// rules or restarts many workers takes minutes.
var changeBounds = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}

// ChangeTimes notes how long changes took. The zero value is ready, and safe for
// concurrent use.
type ChangeTimes struct {
	mu sync.Mutex
	by map[string]*Times
}

// Note notes one change, by its result.
func (c *ChangeTimes) Note(result string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]*Times{}
	}
	t := c.by[result]
	if t == nil {
		t = &Times{Buckets: map[float64]uint64{}}
		c.by[result] = t
	}
	t.note(took, changeBounds)
}

// All is what was noted, by result.
func (c *ChangeTimes) All() map[string]Times {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]Times{}
	for result, t := range c.by {
		all[result] = Times{t.Count, t.Sum, maps.Clone(t.Buckets)}
	}
	return all
}
