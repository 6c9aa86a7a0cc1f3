// SPDX-License-Identifier: Apache-2.0

package units

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

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

// TestUse gives the units other names: those of another resolver are foreign.
func TestUse(t *testing.T) {
	before := []string{Worker(3), Canary, PolicyLoader, CacheGC, Component{Name: "x"}.Unit()}
	Use("lab")
	defer Use("")
	after := []string{Worker(3), Canary, PolicyLoader, CacheGC, Component{Name: "x"}.Unit()}
	if diff := cmp.Diff([]string{"kresd-lab@3.service", "kresd-lab@canary.service", "kres-policy-loader-lab.service", "kres-gc-lab.service", "kres-component-lab@x.service"}, after); diff != "" {
		t.Error(diff)
	}
	for i, unit := range after {
		if _, ours := RoleOf(unit); !ours {
			t.Errorf("%s is foreign", unit)
		}
		if _, ours := RoleOf(before[i]); ours {
			t.Errorf("%s is ours", before[i])
		}
		if got := Packaged(unit); got != before[i] {
			t.Errorf("%s is packaged as %s, want %s", unit, got, before[i])
		}
	}
	if n, ok := WorkerNumber(Worker(3)); n != 3 || !ok || Instance(Canary) != "canary" {
		t.Errorf("worker 3 is %d", n)
	}
	Use("")
	if Worker(3) != before[0] || Packaged(before[0]) != before[0] {
		t.Errorf("then worker 3 is %s", Worker(3))
	}
}
