// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bytes"
	"fmt"

	"kresd-manager/internal/kresd"
	"kresd-manager/internal/metrics/exposition"
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
	var out exposition.Text
	for _, w := range s.Workers {
		collectWorker(w, &out)
	}
	s.collectManager(&out)
	s.collectWork(&out)
	s.collectFiles(&out)
	s.collectEvents(&out)
	collectProcess(&out)
	b, err := out.Bytes()
	if err != nil {
		return nil, fmt.Errorf("cannot write metrics: %w", err)
	}
	// Knot Resolver's own manager, OpenMetrics and Prometheus since version 3
	// write whole numbers in bounds of buckets like this; queries name them so.
	return bytes.ReplaceAll(b, []byte(`,le="1"} `), []byte(`,le="1.0"} `)), nil
}

// gauge and total add one value.
func gauge(out *exposition.Text, d *exposition.Desc, v float64, labels ...string) {
	out.Gauge(d, v, labels...)
}

func total(out *exposition.Text, d *exposition.Desc, v float64, labels ...string) {
	out.Counter(d, v, labels...)
}
