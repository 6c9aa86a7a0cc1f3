// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bytes"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"kresd-manager/internal/kresd"
	"kresd-manager/units"
)

// Snapshot is everything that is told at one moment.
type Snapshot struct {
	Workers []units.WorkerStatistics
	Status  units.Status
	// StatusError means that the units could not be looked at; Status then has
	// what is known without systemd.
	StatusError error
	Changes     Changes
	OOMKills    *uint64 // nil is unknown
	// Figures are what the workers have beside statistics, in the order of Workers; nil
	// for one that gave none, and altogether if they are not asked.
	Figures []*kresd.Figures
	// Events are what happened to units since the manager started.
	Events Events
}

// Text writes a snapshot in the text format of Prometheus, version 0.0.4, with
// the figures of the calling process.
func Text(s Snapshot) ([]byte, error) {
	registry := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{s, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("cannot collect metrics: %w", err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("cannot collect metrics: %w", err)
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, fmt.Errorf("cannot write metrics: %w", err)
		}
	}
	// Knot Resolver's own manager, OpenMetrics and Prometheus since version 3
	// write whole numbers in bounds of buckets like this; queries name them so.
	return bytes.ReplaceAll(b.Bytes(), []byte(`,le="1"} `), []byte(`,le="1.0"} `)), nil
}

// Describe implements [prometheus.Collector].
func (s Snapshot) Describe(out chan<- *prometheus.Desc) {
	out <- latencyDesc
	out <- loadedDesc
	for _, c := range counters {
		out <- c.desc
	}
	for _, descs := range [][]*prometheus.Desc{managerDescs, workDescs, fileDescs, eventDescs} {
		for _, d := range descs {
			out <- d
		}
	}
}

// Collect implements [prometheus.Collector].
func (s Snapshot) Collect(out chan<- prometheus.Metric) {
	for _, w := range s.Workers {
		collectWorker(w, out)
	}
	s.collectManager(out)
	s.collectWork(out)
	s.collectFiles(out)
	s.collectEvents(out)
}

// gauge and total send one value.
func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func total(out chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}
