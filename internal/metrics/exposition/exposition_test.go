// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// library writes by the client library of Prometheus what Text writes.
type library struct{ metrics []prometheus.Metric }

func (l *library) Describe(chan<- *prometheus.Desc) {} // it checks nothing beforehand
func (l *library) Collect(out chan<- prometheus.Metric) {
	for _, m := range l.metrics {
		out <- m
	}
}

func (l *library) text(t *testing.T) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(l)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// What is written is, byte for byte, what the client library writes.
func TestWritesWhatTheLibraryWrites(t *testing.T) {
	words := []string{"", "a", "a b", `back\slash`, `"quoted"`, "two\nlines", "ä", "kresd@1.service", "z"}
	values := []float64{0, 1, -1, 0.1, 1e21, 1e-7, 123456789, 1.5e300, math.NaN(), math.Inf(1), math.Inf(-1)}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		word := func() string { return words[r.IntN(len(words))] }
		value := func() float64 { return values[r.IntN(len(values))] }
		var ours Text
		var theirs library
		for m := range 1 + r.IntN(5) {
			name, help := fmt.Sprintf("m%d_total", (m*7)%5), strings.TrimSpace("Help. "+word())
			labels := []string{"unit", "component", "le_not", "a"}[:r.IntN(5)]
			d, pd := New(name, help, labels...), prometheus.NewDesc(name, help, labels, nil)
			kind := r.IntN(3)
			seen := map[string]bool{}
			for range 1 + r.IntN(6) {
				given := make([]string, len(labels))
				for i := range given {
					given[i] = word()
				}
				if seen[fmt.Sprint(given)] {
					continue
				}
				seen[fmt.Sprint(given)] = true
				switch kind {
				case 0:
					v := value()
					ours.Gauge(d, v, given...)
					theirs.metrics = append(theirs.metrics, prometheus.MustNewConstMetric(pd, prometheus.GaugeValue, v, given...))
				case 1:
					v := value()
					ours.Counter(d, v, given...)
					theirs.metrics = append(theirs.metrics, prometheus.MustNewConstMetric(pd, prometheus.CounterValue, v, given...))
				case 2:
					buckets := map[float64]uint64{}
					for i := range r.IntN(4) {
						buckets[[]float64{0.05, 1, 10, math.Inf(1)}[i]] = uint64(i * 3)
					}
					sum := r.Float64()
					ours.Histogram(d, 17, sum, buckets, given...)
					theirs.metrics = append(theirs.metrics, prometheus.MustNewConstHistogram(pd, 17, sum, buckets, given...))
				}
			}
		}
		got, err := ours.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(theirs.text(t), string(got)); diff != "" {
			t.Fatalf("seed %d:\n%s", seed, diff)
		}
	}
}

func TestTwoValuesForTheSameLabelsAreAnError(t *testing.T) {
	var text Text
	d := New("m", "Help.", "unit")
	text.Gauge(d, 1, "a")
	text.Gauge(d, 2, "a")
	if _, err := text.Bytes(); err == nil || !strings.Contains(err.Error(), `m has two values for the labels ["a"]`) {
		t.Errorf("error %v", err)
	}
}
