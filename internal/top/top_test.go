// SPDX-License-Identifier: Apache-2.0

package top

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kresd-manager/units"
)

func reading(at int, pid1 int, counts map[string]map[string]float64, cpu time.Duration) Reading {
	r := Reading{When: time.Unix(int64(at), 0), Counts: map[string]map[string]map[string]float64{}}
	for id, c := range counts {
		r.Counts[id] = map[string]map[string]float64{"answer": c}
	}
	r.Units = []units.UnitStatus{
		{Unit: "kresd@10.service", Role: units.RoleWorker, Active: "active", PID: 10, Memory: 3 << 20},
		{Unit: "kresd@1.service", Role: units.RoleWorker, Active: "active", PID: pid1, Memory: 2 << 20, Usage: units.Usage{CPU: units.Seconds(cpu)}},
		{Unit: "kres-gc.service", Role: units.RoleGC, Active: "active", PID: 99},
	}
	r.Cache = units.CacheStatistics{Usage: 5, Entries: 9}
	return r
}

func TestBetween(t *testing.T) {
	a := reading(100, 1, map[string]map[string]float64{"kresd:kresd1": {"total": 1000, "noerror": 900, "cached": 500, "1ms": 500, "slow": 7}}, time.Second)
	b := reading(110, 1, map[string]map[string]float64{"kresd:kresd1": {"total": 1200, "noerror": 1050, "nxdomain": 40, "servfail": 10, "cached": 600,
		"1ms": 600, "10ms": 80, "250ms": 10, "slow": 17}}, 6*time.Second)
	f := Between(a, b)
	if len(f.Workers) != 2 || f.Workers[0].Unit != "kresd@1.service" || f.Seconds != 10 {
		t.Fatalf("%+v", f)
	}
	w := f.Workers[0]
	for _, c := range []struct {
		name string
		got  Number
		want float64
	}{
		{"queries", w.Queries, 20}, {"noerror", w.NoError, 75}, {"nxdomain", w.NXDomain, 20}, {"servfail", w.ServFail, 5}, {"other", w.Other, 0}, {"hits", w.Hits, 50},
		{"p50", w.P50, 1}, {"p95", w.P95, 250}, {"p99", w.P99, 1500}, {"cpu", w.CPU, 50}, {"all queries", f.All.Queries, 20}, {"all cpu", f.All.CPU, 50},
	} {
		if d := float64(c.got) - c.want; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s is %g, want %g", c.name, float64(c.got), c.want)
		}
	}
	if f.All.Memory != 5<<20 || f.CacheUsage != 5 || f.CacheEntries != 9 {
		t.Errorf("%+v", f)
	}
	if silent := f.Workers[1]; silent.Queries.Known() || silent.P50.Known() || silent.Memory != 3<<20 {
		t.Errorf("a worker without statistics: %+v", silent)
	}
}

func TestRequestsByProtocol(t *testing.T) {
	at := func(second int64, pid int, requests map[string]float64) Reading {
		r := reading(int(second), pid, map[string]map[string]float64{"kresd:kresd1": {"total": requests["total"]}}, 0)
		r.Counts["kresd:kresd1"]["request"] = requests
		return r
	}
	f := Between(at(100, 1, map[string]float64{"total": 100, "udp": 90, "dot": 10}), at(102, 1, map[string]float64{"total": 160, "udp": 130, "dot": 30, "udp4": 9, "doq": 0}))
	if p := f.Protocols; len(p) != 3 || p["udp"] != 20 || p["dot"] != 10 || p["doq"] != 0 {
		t.Errorf("%v", p)
	}
	anew := Between(Reading{}, at(102, 1, map[string]float64{"total": 5, "udp": 5}))
	if len(anew.Protocols) != 0 {
		t.Errorf("without a reading before: %v", anew.Protocols)
	}
}

// Its counters begin anew, and what was before it is not known to be of this interval.
func TestAWorkerThatRestartedHasNoFigures(t *testing.T) {
	a := reading(100, 1, map[string]map[string]float64{"kresd:kresd1": {"total": 1000}}, time.Minute)
	b := reading(110, 2, map[string]map[string]float64{"kresd:kresd1": {"total": 5}}, time.Second)
	f := Between(a, b)
	if w := f.Workers[0]; w.Queries.Known() || w.CPU.Known() {
		t.Errorf("%+v", w)
	}
	if f.All.Queries != 0 {
		t.Errorf("all: %g", float64(f.All.Queries))
	}
	text, err := json.Marshal(f)
	if err != nil || !strings.Contains(string(text), `"queries-per-second":null`) {
		t.Errorf("%s, %v", text, err)
	}
	var again Figures
	if err := json.Unmarshal(text, &again); err != nil || again.Workers[0].Queries.Known() || again.All.Queries != 0 || !again.All.Queries.Known() {
		t.Errorf("read again: %+v, %v", again, err)
	}
}

func TestQuantileIsWithinItsBucket(t *testing.T) {
	for _, c := range []struct {
		q    float64
		want float64
	}{{0.25, 0.5}, {0.5, 1}, {0.75, 5.5}, {1, 10}} {
		if got := quantile(map[string]float64{"1ms": 10, "10ms": 10}, c.q); float64(got) != c.want {
			t.Errorf("%g: %g, want %g", c.q, float64(got), c.want)
		}
	}
	if quantile(nil, 0.5).Known() {
		t.Error("of nothing there is a time")
	}
}
