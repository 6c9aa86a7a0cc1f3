// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"kresd-manager/internal/config"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/metrics"
	"kresd-manager/units"
)

// labelled returns the value of a metric with all these labels, given in pairs; NaN if
// there is none.
func labelled(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	for _, m := range families[name].GetMetric() {
		have := map[string]string{}
		for _, l := range m.GetLabel() {
			have[l.GetName()] = l.GetValue()
		}
		all := true
		for i := 0; i+1 < len(labels); i += 2 {
			all = all && have[labels[i]] == labels[i+1]
		}
		if all {
			return max(m.GetCounter().GetValue(), m.GetGauge().GetValue())
		}
	}
	return math.NaN()
}

type wanted struct {
	name   string
	value  float64
	labels []string
}

func hold(t *testing.T, families map[string]*dto.MetricFamily, all []wanted) {
	t.Helper()
	for _, w := range all {
		if got := labelled(families, w.name, w.labels...); got != w.value {
			t.Errorf("%s %q is %g, want %g", w.name, w.labels, got, w.value)
		}
	}
}

func TestWhatWorkersKnow(t *testing.T) {
	f := func(delay time.Duration, cache *kresd.CacheStatistics) *kresd.Figures {
		return &kresd.Figures{
			Cache: cache, Delay: delay,
			Work:       kresd.Work{Concurrent: 7, Dropped: 8, UDP: 20, TCP: 2, TLS: 1, Timeouts: 3},
			RoundTrips: kresd.RoundTrips{Answers: 100, P50: 12, P95: 95, P99: 500},
		}
	}
	none := f(time.Millisecond, nil)
	none.RoundTrips = kresd.RoundTrips{}
	_, families := text(t, metrics.Snapshot{
		Workers: []units.WorkerStatistics{worker(1, ""), worker(2, counted), worker(3, counted), worker(4, counted)},
		Figures: []*kresd.Figures{nil, none,
			f(2*time.Millisecond, &kresd.CacheStatistics{Entries: 10, Usage: 81.5, SizeBytes: 100 << 20, Reads: 30, Misses: 20, Writes: 10}),
			f(3*time.Millisecond, &kresd.CacheStatistics{Entries: 11, Usage: 82, SizeBytes: 100 << 20, Reads: 31, Misses: 21, Writes: 11})},
	})
	const third, fourth = "kresd:kresd3", "kresd:kresd4"
	hold(t, families, []wanted{
		{"kresd_manager_cache_usage_ratio", 0.815, nil},
		{"kresd_manager_cache_entries", 10, nil},
		{"kresd_manager_cache_size_bytes", 100 << 20, nil},
		{"kresd_manager_worker_cache_reads_total", 30, []string{"instance_id", third}},
		{"kresd_manager_worker_cache_read_misses_total", 21, []string{"instance_id", fourth}},
		{"kresd_manager_worker_cache_writes_total", 10, []string{"instance_id", third}},
		{"kresd_manager_worker_upstream_queries_total", 2, []string{"instance_id", third, "protocol", "tcp"}},
		{"kresd_manager_worker_upstream_queries_total", 20, []string{"instance_id", "kresd:kresd2", "protocol", "udp"}},
		{"kresd_manager_worker_upstream_timeouts_total", 3, []string{"instance_id", third}},
		{"kresd_manager_worker_upstream_round_trip_seconds", 0.095, []string{"instance_id", third, "percentile", "95"}},
		{"kresd_manager_worker_requests_in_progress", 7, []string{"instance_id", third}},
		{"kresd_manager_worker_requests_dropped_total", 8, []string{"instance_id", third}},
		{"kresd_manager_worker_loop_delay_seconds", 0.003, []string{"instance_id", fourth}},
	})
	for _, absent := range [][]string{{"kresd_manager_worker_upstream_round_trip_seconds", "kresd:kresd2"}, {"kresd_manager_worker_loop_delay_seconds", "kresd:kresd1"}} {
		if v := labelled(families, absent[0], "instance_id", absent[1]); !math.IsNaN(v) {
			t.Errorf("%q is %g", absent, v)
		}
	}
}

func TestWhatHappened(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s := metrics.Snapshot{
		Events: metrics.Events{
			Drifts:   map[string]uint64{"kresd@2.service": 3},
			Crashes:  map[metrics.Crash]uint64{{Unit: "kresd@1.service", Result: "oom-kill"}: 2},
			Repaired: 5, RepairsFailed: 1,
		},
		Status: units.Status{
			State: "failed", LastRepair: &units.Report{When: now}, Waiting: &units.Waiting{By: now.Add(time.Minute)},
			Problems: config.Problems{{Severity: config.SeverityError}, {Severity: config.SeverityWarning}, {Severity: config.SeverityWarning}},
			Units:    []units.UnitStatus{{Unit: "kresd@1.service", Role: units.RoleWorker, Usage: units.Usage{OOMKills: new(uint64(2))}}, {Unit: "kresd@2.service", Role: units.RoleWorker}},
			Inputs: []units.InputStatus{
				{Pointer: "/network/tls/cert-file", Path: "/c", Kind: "certificate", State: units.InputChanged, Expires: now.Add(time.Hour), Modified: now},
				{Pointer: "/network/tls/cert-file", Path: "/c", Kind: "certificate", State: units.InputChanged}, // for another use
				{Pointer: "/rpz/0/file", Path: "/r", Kind: "zone", State: units.InputDegraded},
				{Pointer: "/x", Path: "/x", Kind: "zone", State: units.InputUnknown},
			},
		},
	}
	_, families := text(t, s)
	hold(t, families, []wanted{
		{"kresd_manager_state", 1, []string{"state", "failed"}},
		{"kresd_manager_unit_drifts_total", 3, []string{"unit", "kresd@2.service", "component", "worker"}},
		{"kresd_manager_unit_crashes_total", 2, []string{"unit", "kresd@1.service", "result", "oom-kill"}},
		{"kresd_manager_repairs_total", 5, []string{"result", "repaired"}},
		{"kresd_manager_repairs_total", 1, []string{"result", "failed"}},
		{"kresd_manager_last_repair_timestamp_seconds", 1_800_000_000, nil},
		{"kresd_manager_confirm_deadline_timestamp_seconds", 1_800_000_060, nil},
		{"kresd_manager_problems", 1, []string{"severity", "error"}},
		{"kresd_manager_problems", 2, []string{"severity", "warning"}},
		{"kresd_manager_unit_oom_kills_total", 2, []string{"unit", "kresd@1.service"}},
		{"kresd_manager_degraded_sources", 1, nil},
		{"kresd_manager_file_in_force", 0, []string{"path", "/c"}},
		{"kresd_manager_file_in_force", 0, []string{"path", "/r"}},
		{"kresd_manager_file_modified_timestamp_seconds", 1_800_000_000, []string{"path", "/c", "kind", "certificate"}},
		{"kresd_manager_file_certificate_expiry_timestamp_seconds", 1_800_003_600, []string{"pointer", "/network/tls/cert-file"}},
	})
	for name, label := range map[string][2]string{
		"kresd_manager_file_in_force":                   {"path", "/x"},
		"kresd_manager_file_modified_timestamp_seconds": {"path", "/r"},
		"kresd_manager_unit_oom_kills_total":            {"unit", "kresd@2.service"},
	} {
		if v := labelled(families, name, label[0], label[1]); !math.IsNaN(v) {
			t.Errorf("%s of %s is %g, and no one knows it", name, label[1], v)
		}
	}
}

func TestTimesOfChanges(t *testing.T) {
	var c metrics.ChangeTimes
	for _, took := range []time.Duration{10 * time.Millisecond, 400 * time.Millisecond, time.Hour} {
		c.Note("applied", took)
	}
	c.Note("failed", time.Second)
	_, families := text(t, metrics.Snapshot{Changes: metrics.Changes{Times: c.All()}})
	f := families["kresd_manager_change_duration_seconds"]
	if len(f.GetMetric()) != 2 {
		t.Fatalf("%v", f)
	}
	h := f.GetMetric()[0].GetHistogram()
	under := map[float64]uint64{}
	for _, b := range h.GetBucket() {
		under[b.GetUpperBound()] = b.GetCumulativeCount()
	}
	if h.GetSampleCount() != 3 || h.GetSampleSum() != 3600.41 || under[0.05] != 1 || under[0.5] != 2 || under[600] != 2 {
		t.Errorf("%v", h)
	}
}

func TestRequestsAreText(t *testing.T) {
	r := metrics.NewRequests()
	r.Note("read", 200, time.Millisecond)
	r.Note("configure", 422, time.Second)
	b, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	f := read(t, b)["kresd_manager_api_request_duration_seconds"]
	if len(f.GetMetric()) != 2 {
		t.Errorf("%s", b)
	}
}

func TestAllNumbersAreGathered(t *testing.T) {
	all, figures := metrics.GatherAll(t.Context(), []string{units.Worker(3), units.Worker(5)}, time.Minute, func(_ context.Context, instance string) (kresd.Figures, error) {
		if instance == "3" {
			return kresd.Figures{}, errors.New("refused")
		}
		return kresd.Figures{Counts: []byte(`{}`), Delay: 5}, nil
	})
	if all[0].Error != "refused" || figures[0] != nil || string(all[1].Counts) != "{}" || figures[1] == nil || figures[1].Delay != 5 {
		t.Errorf("%+v %v", all, figures)
	}
}
