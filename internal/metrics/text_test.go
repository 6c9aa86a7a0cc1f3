// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"kresd-manager/internal/metrics"
	"kresd-manager/units"
)

// counted is what a worker of Knot Resolver 6.5 gave after some queries.
const counted = `{"request":{"udp":10,"total4":10,"total6":3,"internal":3,"udp4":7,"tcp4":3,"xdp4":0,"dot4":0,"doh4":0,"doq4":0,
"udp6":3,"tcp6":0,"xdp6":0,"dot6":0,"doh6":0,"total":16,"xdp":0,"doh":0,"doq":0,"dot":0,"tcp":3,"doq6":0},
"answer":{"stale":0,"edns0":13,"nodata":0,"cached":13,"do":1,"cd":0,"ad":13,"ra":13,"rd":13,"tc":0,"aa":0,"total":13,"noerror":12,
"nxdomain":1,"servfail":0,"1ms":5,"10ms":4,"50ms":0,"100ms":2,"250ms":0,"500ms":0,"1000ms":1,"1500ms":0,"slow":1,"sum_ms":4500},
"query":{"edns":13,"dnssec":1}}`

func worker(n int, counts string) units.WorkerStatistics {
	w := units.WorkerStatistics{Unit: units.Worker(n), Counts: json.RawMessage(counts)}
	if counts == "" {
		w.Counts, w.Error = nil, "the worker does not answer"
	}
	return w
}

// read holds a text to the format and to what promtool asks of it.
func read(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	return families
}

func text(t *testing.T, s metrics.Snapshot) (string, map[string]*dto.MetricFamily) {
	t.Helper()
	b, err := metrics.Text(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), read(t, b)
}

// value returns the value of a metric with the label that has one.
func value(families map[string]*dto.MetricFamily, name, label, is string) float64 {
	for _, m := range families[name].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == label && l.GetValue() == is {
				return max(m.GetCounter().GetValue(), m.GetGauge().GetValue())
			}
		}
	}
	return math.NaN()
}

// Knot Resolver's issue GH#117: the buckets were not.
func TestHistogramIsCumulative(t *testing.T) {
	_, families := text(t, metrics.Snapshot{Workers: []units.WorkerStatistics{worker(1, counted)}})
	f := families["resolver_response_latency"]
	if f.GetType() != dto.MetricType_HISTOGRAM || len(f.GetMetric()) != 1 {
		t.Fatalf("the family: %v", f)
	}
	h := f.GetMetric()[0].GetHistogram()
	var got []string
	for _, b := range h.GetBucket() {
		got = append(got, fmt.Sprintf("%g: %d", b.GetUpperBound(), b.GetCumulativeCount()))
	}
	want := []string{"0.001: 5", "0.01: 9", "0.05: 9", "0.1: 11", "0.25: 11", "0.5: 11", "1: 12", "1.5: 12", "+Inf: 13"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if h.GetSampleCount() != 13 || h.GetSampleSum() != 4.5 {
		t.Errorf("count %d, sum %g", h.GetSampleCount(), h.GetSampleSum())
	}
}

// What dashboards and alerts of the stock manager ask for: names, labels, types.
func TestNamesAndLabelsAreThoseOfTheStockManager(t *testing.T) {
	b, err := os.ReadFile("testdata/stock.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "#") {
			want = append(want, strings.TrimSpace(line))
		}
	}
	all := strings.TrimSuffix(counted, "}") + `,"predict":{"epoch":1,"queue":2,"learned":3}}`
	got, families := text(t, metrics.Snapshot{Workers: []units.WorkerStatistics{worker(1, all), worker(2, "")}})
	var have []string
	for line := range strings.Lines(got) {
		if series, _, ok := strings.Cut(line, "} "); ok && strings.HasPrefix(series, "resolver_") && strings.Contains(series, `"kresd:kresd1"`) {
			name, labels, _ := strings.Cut(series, "{")
			family := families[name]
			for _, s := range []string{"_bucket", "_count", "_sum"} {
				if family == nil {
					family = families[strings.TrimSuffix(name, s)]
				}
			}
			have = append(have, fmt.Sprintf("%s{%s} %s", name, strings.Replace(labels, "kresd:kresd1", "ID", 1), strings.ToLower(family.GetType().String())))
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("stock (-), here (+):\n%s", diff)
	}
}

func TestValuesAreThoseOfEachWorker(t *testing.T) {
	got, families := text(t, metrics.Snapshot{Workers: []units.WorkerStatistics{
		worker(1, counted), worker(2, strings.ReplaceAll(counted, ":13", ":26")), worker(3, ""),
	}})
	for _, c := range []struct {
		name, id string
		want     float64
	}{
		{"resolver_answer_total", "kresd:kresd1", 13},
		{"resolver_answer_total", "kresd:kresd2", 26},
		{"resolver_request_total4_total", "kresd:kresd1", 10},
		{"resolver_request_udp6_total", "kresd:kresd1", 3},
		{"resolver_query_dnssec_total", "kresd:kresd1", 1},
		{"resolver_metrics_loaded", "kresd:kresd1", 1},
		{"resolver_metrics_loaded", "kresd:kresd3", 0},
	} {
		if v := value(families, c.name, "instance_id", c.id); v != c.want {
			t.Errorf("%s of %s is %g, want %g", c.name, c.id, v, c.want)
		}
	}
	if strings.Count(got, "# TYPE resolver_answer_total ") != 1 {
		t.Error("the type of a metric is told for every worker")
	}
	if strings.Contains(got, `answer_total{instance_id="kresd:kresd3"`) {
		t.Error("a worker that did not answer has figures")
	}
}

func TestStrangeAnswersOfWorkers(t *testing.T) {
	for _, c := range []struct {
		name, counts string
		loaded       float64
	}{
		{"null", "null", 0},
		{"a list", "[1]", 0},
		{"half an object", `{"answer":`, 0},
		{"a number for an object", `{"answer":1}`, 0},
		{"nothing in it", "{}", 1},
		{"texts for numbers", `{"answer":{"total":"many","1ms":"x","aa":2}}`, 1},
		{"negative latencies", `{"answer":{"1ms":-5,"slow":-1}}`, 1},
		{"keys of a later version", `{"answer":{"new":1},"new":{"x":2,"y":{"z":1}}}`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, families := text(t, metrics.Snapshot{Workers: []units.WorkerStatistics{worker(1, c.counts)}})
			if v := value(families, "resolver_metrics_loaded", "instance_id", "kresd:kresd1"); v != c.loaded {
				t.Errorf("resolver_metrics_loaded is %g", v)
			}
		})
	}
}

func TestWhatTheManagerKnows(t *testing.T) {
	_, families := text(t, metrics.Snapshot{
		Status: units.Status{
			Version: "1.2", State: "degraded", Generation: "abc", ETag: "tag", FileDiffers: true, Workers: 2,
			LastApply: &units.Report{When: time.UnixMilli(1700000000500), Took: units.Seconds(250 * time.Millisecond), Error: "no"},
			Units: []units.UnitStatus{
				{Unit: "kresd@1.service", Role: units.RoleWorker, Active: "active", Current: true, PID: 7, Memory: 1000, Restarts: 2,
					Usage: units.Usage{CPU: units.Seconds(1500 * time.Millisecond)}},
				{Unit: "kresd@2.service", Role: units.RoleWorker, Active: "active", Current: true, PID: 8, Memory: 2000},
				{Unit: "kres-gc.service", Role: units.RoleGC, Active: "failed", Restarts: 9},
			},
		},
		Changes:  metrics.Changes{Applied: 5, Failed: 3},
		OOMKills: new(uint64(4)),
	})
	for _, c := range []struct {
		name, label, is string
		want            float64
	}{
		{"kresd_manager_info", "version", "1.2", 1},
		{"kresd_manager_state", "state", "degraded", 1},
		{"kresd_manager_state", "state", "running", 0},
		{"kresd_manager_configuration_info", "generation", "abc", 1},
		{"kresd_manager_configuration_info", "etag", "tag", 1},
		{"kresd_manager_changes_total", "result", "applied", 5},
		{"kresd_manager_changes_total", "result", "failed", 3},
		{"kresd_manager_unit_restarts_total", "unit", "kresd@1.service", 2},
		{"kresd_manager_unit_restarts_total", "unit", "kres-gc.service", 9},
		{"kresd_manager_unit_active", "unit", "kresd@1.service", 1},
		{"kresd_manager_unit_active", "component", "cache-gc", 0},
		{"kresd_manager_unit_current", "unit", "kres-gc.service", 0},
		{"kresd_manager_unit_memory_bytes", "unit", "kresd@1.service", 1000},
		{"kresd_manager_unit_memory_bytes", "unit", "kresd@2.service", 2000},
		{"kresd_manager_unit_cpu_seconds_total", "unit", "kresd@1.service", 1.5},
	} {
		if v := value(families, c.name, c.label, c.is); v != c.want {
			t.Errorf("%s of %s is %g, want %g", c.name, c.is, v, c.want)
		}
	}
	if m := families["kresd_manager_oom_kills_total"].GetMetric(); len(m) != 1 || m[0].GetCounter().GetValue() != 4 {
		t.Errorf("processes killed for lack of memory: %v", m)
	}
	for name, want := range map[string]float64{
		"kresd_manager_workers":                         2,
		"kresd_manager_systemd_reachable":               1,
		"kresd_manager_configuration_differs_from_file": 1,
		"kresd_manager_last_change_success":             0,
		"kresd_manager_last_change_timestamp_seconds":   1700000000.5,
		"kresd_manager_last_change_duration_seconds":    0.25,
	} {
		if m := families[name].GetMetric(); len(m) != 1 || m[0].GetGauge().GetValue() != want {
			t.Errorf("%s: %v, want %g", name, m, want)
		}
	}
}

func TestWithoutSystemdWorkersAreStillReported(t *testing.T) {
	_, families := text(t, metrics.Snapshot{
		Workers:     []units.WorkerStatistics{worker(1, counted)},
		StatusError: errors.New("no bus"),
	})
	if v := families["kresd_manager_systemd_reachable"].GetMetric()[0].GetGauge().GetValue(); v != 0 {
		t.Errorf("reachable: %g", v)
	}
	if families["kresd_manager_state"] != nil || families["kresd_manager_unit_active"] != nil {
		t.Error("states of units are told, though no one knows them")
	}
	if v := value(families, "resolver_answer_total", "instance_id", "kresd:kresd1"); v != 13 {
		t.Errorf("answers: %g", v)
	}
}

func TestNoWorkersAtAll(t *testing.T) {
	got, families := text(t, metrics.Snapshot{})
	if strings.Contains(got, "resolver_") || families["kresd_manager_workers"] == nil || families["process_resident_memory_bytes"] == nil {
		t.Errorf("without workers:\n%s", got)
	}
}
