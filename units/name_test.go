// SPDX-License-Identifier: Apache-2.0

package units

import "testing"

func TestWorkerNumberAcceptsOnlyWhatSystemdCallsThat(t *testing.T) {
	for unit, want := range map[string]int{
		"kresd@1.service":      1,
		"kresd@12.service":     12,
		"kresd@9999.service":   9999,
		"kresd@0.service":      0,
		"kresd@01.service":     0,
		"kresd@10000.service":  0,
		"kresd@+1.service":     0,
		"kresd@canary.service": 0,
		"kresd@1.service.d":    0,
		"kresd@1.socket":       0,
		"xkresd@1.service":     0,
		"kresd@.service":       0,
	} {
		n, ok := WorkerNumber(unit)
		if n != want || ok != (want != 0) {
			t.Errorf("WorkerNumber(%q) = %d, %t", unit, n, ok)
		}
		if ok && Worker(n) != unit {
			t.Errorf("Worker(%d) = %q, want %q", n, Worker(n), unit)
		}
	}
}
