// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"math"
	"time"

	"kresd-manager/internal/top"
)

// ring has the figures of the last samples, four bytes each: those of single workers
// would make it large, and are not in it.
type ring struct {
	names []string
	when  []float64
	rows  [][]float32 // by sample, as names
	first int         // the oldest one, once it is full
}

// columns are the series of a sample.
func columns(s *top.Sample) (names []string, values []top.Number) {
	a := &s.All
	add := func(name string, n top.Number) {
		names, values = append(names, name), append(values, n)
	}
	add("queries-per-second", a.Queries)
	add("noerror-percent", a.NoError)
	add("nodata-percent", a.NoData)
	add("nxdomain-percent", a.NXDomain)
	add("servfail-percent", a.ServFail)
	add("other-percent", a.Other)
	add("p50-ms", a.P50)
	add("p95-ms", a.P95)
	add("p99-ms", a.P99)
	add("cache-hit-percent", a.Hits)
	add("cpu-percent", a.CPU)
	memory, usage, entries := top.Number(a.Memory), top.Number(s.CacheUsage), top.Number(s.CacheEntries)
	if s.Error != "" {
		memory, usage, entries = top.Unknown, top.Unknown, top.Unknown
	}
	add("memory-bytes", memory)
	add("cache-usage-percent", usage)
	add("cache-entries", entries)
	for _, name := range top.Protocols {
		n, known := s.Protocols[name]
		if !known {
			n = top.Unknown
		}
		add(name+"-per-second", n)
	}
	return names, values
}

func (r *ring) add(s *top.Sample, most int) {
	names, values := columns(s)
	row := make([]float32, len(values))
	for i, v := range values {
		row[i] = float32(v)
	}
	r.names = names
	if len(r.rows) < most {
		r.when, r.rows = append(r.when, s.When), append(r.rows, row)
		return
	}
	r.when[r.first], r.rows[r.first] = s.When, row
	r.first = (r.first + 1) % most
}

// history is what is in the ring, oldest first.
func (r *ring) history(every time.Duration) History {
	h := History{Every: every.Seconds(), When: []float64{}, Series: map[string][]top.Number{}}
	for i := range r.rows {
		at := (r.first + i) % len(r.rows)
		h.When = append(h.When, r.when[at])
		for column, v := range r.rows[at] {
			n := top.Number(v)
			if math.IsNaN(float64(v)) {
				n = top.Unknown
			}
			h.Series[r.names[column]] = append(h.Series[r.names[column]], n)
		}
	}
	return h
}
