// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"testing"

	"kresd-manager/internal/metrics"
	"kresd-manager/units"
)

func BenchmarkText(b *testing.B) {
	s := metrics.Snapshot{Workers: []units.WorkerStatistics{worker(1, counted), worker(2, counted)}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := metrics.Text(s); err != nil {
			b.Fatal(err)
		}
	}
}
