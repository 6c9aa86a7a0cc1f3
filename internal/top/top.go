// SPDX-License-Identifier: Apache-2.0

// Package top makes of two readings of counters what happened between them: rates,
// shares, times. It reads no clock and asks no one.
package top

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"kresd-manager/units"
)

// Reading is what the counters stood at at a time.
type Reading struct {
	When time.Time
	// Counts are by instance, as "kresd:kresd1", object and key.
	Counts map[string]map[string]map[string]float64
	Units  []units.UnitStatus
	Cache  units.CacheStatistics
	// Whole tells that the counters are to be taken since the workers began: there was
	// no reading before.
	Whole bool
}

// Figures are what happened in an interval.
type Figures struct {
	Seconds float64 `json:"seconds"`
	All     Row     `json:"all"`
	Workers []Row   `json:"workers"`
	// Protocols are the requests of clients per second by what they came over, of all
	// workers: udp, tcp, dot, doh, doq and xdp.
	Protocols map[string]Number `json:"protocols"`
	// Cache is what of it is in use now, in percent, its entries, and what it may grow to.
	CacheUsage   float64 `json:"cache-usage-percent"`
	CacheEntries int64   `json:"cache-entries"`
	CacheSize    int64   `json:"cache-size-bytes"`
}

// Sample is one of those that a manager tells again and again.
type Sample struct {
	// When is the end of the interval, in seconds since 1970.
	When float64 `json:"when"`
	Figures
	// Error is why nothing is known, "" if something is.
	Error string `json:"error,omitempty"`
}

// Row is a worker, or all of them. Figures that are not known are NaN, null in JSON.
type Row struct {
	Unit  string `json:"unit,omitempty"`
	State string `json:"state,omitempty"`
	// Current tells that the worker runs the configuration that it should, Restarts how
	// often systemd has started it again by itself, Since when it entered its state, and
	// OOMKills how many of its processes the kernel has killed for lack of memory.
	Current  bool       `json:"current,omitempty"`
	Restarts int        `json:"restarts,omitempty"`
	Since    *time.Time `json:"since,omitempty"`
	OOMKills *uint64    `json:"oom-kills,omitempty"`

	Queries  Number `json:"queries-per-second"`
	NoError  Number `json:"noerror-percent"` // with records
	NoData   Number `json:"nodata-percent"`
	NXDomain Number `json:"nxdomain-percent"`
	ServFail Number `json:"servfail-percent"`
	Other    Number `json:"other-percent"` // with another code
	P50      Number `json:"p50-ms"`
	P95      Number `json:"p95-ms"`
	P99      Number `json:"p99-ms"`
	Hits     Number `json:"cache-hit-percent"`
	CPU      Number `json:"cpu-percent"` // of one processor
	Memory   uint64 `json:"memory-bytes"`
}

// Number is a figure that may not be known.
type Number float64

// Unknown is what is not known.
var Unknown = Number(math.NaN())

// Known reports whether a figure is.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes null for what is not known.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%.3f", float64(n)), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Unknown
		return nil
	}
	var f float64
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	*n = Number(f)
	return nil
}

// Between returns what happened between two readings. A worker that started anew in
// between has its counters from zero.
func Between(a, b Reading) Figures {
	f := Figures{
		Seconds: b.When.Sub(a.When).Seconds(), All: Row{Queries: 0},
		CacheUsage: b.Cache.Usage, CacheEntries: b.Cache.Entries, CacheSize: b.Cache.SizeBytes, Workers: []Row{},
		Protocols: map[string]Number{},
	}
	all := map[string]float64{}
	cpu, cpuKnown := 0.0, false
	for _, u := range b.Units {
		if u.Role != units.RoleWorker {
			continue
		}
		before, now := unitOf(a.Units, u), u
		r := Row{Unit: u.Unit, State: u.Active, Current: u.Current, Restarts: u.Restarts, OOMKills: u.Usage.OOMKills, Memory: u.Memory, CPU: Unknown}
		if since := u.Since; !since.IsZero() {
			r.Since = &since
		}
		instance := units.WorkerStatistics{Unit: u.Unit}.InstanceID()
		answer, known := b.Counts[instance]["answer"]
		if known && (before != nil || a.Whole) {
			old := a.Counts[instance]["answer"]
			if before == nil || old["total"] > answer["total"] {
				old = nil
			}
			diff := map[string]float64{}
			for key, v := range answer {
				diff[key] = v - old[key]
				all[key] += diff[key]
			}
			r.fill(diff, f.Seconds)
			f.protocols(a.Counts[instance]["request"], b.Counts[instance]["request"])
		} else {
			r.unknown()
		}
		if before != nil && f.Seconds > 0 && now.Usage.CPU >= before.Usage.CPU {
			r.CPU = Number(100 * (time.Duration(now.Usage.CPU) - time.Duration(before.Usage.CPU)).Seconds() / f.Seconds)
			cpu, cpuKnown = cpu+float64(r.CPU), true
		}
		f.All.Memory += u.Memory
		f.Workers = append(f.Workers, r)
	}
	f.All.fill(all, f.Seconds)
	f.All.CPU = Unknown
	if cpuKnown {
		f.All.CPU = Number(cpu)
	}
	slices.SortFunc(f.Workers, func(x, y Row) int {
		n, _ := units.WorkerNumber(x.Unit)
		m, _ := units.WorkerNumber(y.Unit)
		if n != m {
			return n - m
		}
		return strings.Compare(x.Unit, y.Unit)
	})
	return f
}

// protocols adds the requests of a worker. One that began anew counts from zero.
func (f *Figures) protocols(before, now map[string]float64) {
	if f.Seconds <= 0 || now == nil {
		return
	}
	if before["total"] > now["total"] {
		before = nil
	}
	for _, name := range Protocols {
		if n, known := now[name]; known {
			f.Protocols[name] += Number((n - before[name]) / f.Seconds)
		}
	}
}

// Protocols are the names of those that requests come over.
var Protocols = []string{"udp", "tcp", "dot", "doh", "doq", "xdp"}

// unitOf finds the unit in an earlier reading, nil if its process is another one now.
func unitOf(all []units.UnitStatus, u units.UnitStatus) *units.UnitStatus {
	for i := range all {
		if all[i].Unit == u.Unit && all[i].PID == u.PID {
			return &all[i]
		}
	}
	return nil
}

func (r *Row) unknown() {
	for _, n := range []*Number{&r.Queries, &r.NoError, &r.NoData, &r.NXDomain, &r.ServFail, &r.Other, &r.P50, &r.P95, &r.P99, &r.Hits} {
		*n = Unknown
	}
}

// fill takes what a worker has counted in an interval.
func (r *Row) fill(diff map[string]float64, seconds float64) {
	r.unknown()
	total := diff["total"]
	if seconds > 0 {
		r.Queries = Number(total / seconds)
	}
	if total <= 0 {
		return
	}
	for key, n := range map[string]*Number{"noerror": &r.NoError, "nodata": &r.NoData, "nxdomain": &r.NXDomain, "servfail": &r.ServFail, "cached": &r.Hits} {
		*n = Number(100 * diff[key] / total)
	}
	r.Other = Number(max(0, 100*(total-diff["noerror"]-diff["nodata"]-diff["nxdomain"]-diff["servfail"])/total))
	r.P50, r.P95, r.P99 = quantile(diff, 0.5), quantile(diff, 0.95), quantile(diff, 0.99)
}

// buckets are what kresd counts answers by, with the milliseconds up to which they go.
var buckets = []struct {
	key string
	ms  float64
}{{"1ms", 1}, {"10ms", 10}, {"50ms", 50}, {"100ms", 100}, {"250ms", 250}, {"500ms", 500}, {"1000ms", 1000}, {"1500ms", 1500}}

// quantile is the time, in milliseconds, within which a part of the answers came,
// evenly spread within a bucket, as histogram_quantile of Prometheus has it. What is
// beyond the last bucket is its end.
func quantile(diff map[string]float64, q float64) Number {
	sum := diff["slow"]
	for _, b := range buckets {
		sum += diff[b.key]
	}
	if sum <= 0 {
		return Unknown
	}
	rank, seen, from := q*sum, 0.0, 0.0
	for _, b := range buckets {
		n := diff[b.key]
		if n > 0 && seen+n >= rank {
			return Number(from + (b.ms-from)*(rank-seen)/n)
		}
		seen, from = seen+n, b.ms
	}
	return Number(from)
}

// Unread are the figures of an interval of which nothing is known.
func Unread() Figures {
	f := Figures{Workers: []Row{}, Protocols: map[string]Number{}}
	f.All.unknown()
	f.All.CPU = Unknown
	return f
}
