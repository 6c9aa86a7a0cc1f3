// SPDX-License-Identifier: Apache-2.0

package promises

import (
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// Nothing is lost. The history has every change, by whom and why, one command returns to
// any of them, and a change that no one confirms undoes itself, also when the manager is
// killed meanwhile.
func TestNothingIsLost(t *testing.T) {
	sut.Fresh(t, three)
	for _, address := range []string{"192.0.2.2", "192.0.2.3"} {
		sut.Must(t, "kresctl", "config", "set", "-p", "/local-data/addresses/host.example", address)
	}
	says(t, "kresctl history", sut.Exec(t, "kresctl", "history"), "root", "start", "PUT /local-data/addresses/host.example")
	sut.Must(t, "kresctl", "rollback", "2")
	sut.Expect(t, "host.example.", "192.0.2.2")

	began := time.Now()
	sut.Must(t, "kresctl", "config", "set", "-p", "/local-data/addresses/host.example", "192.0.2.9", "--confirm-within", "5s")
	sut.Expect(t, "host.example.", "192.0.2.9")
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", units.Manager)
	product.Eventually(t, "the change is undone", func() bool {
		got, err := sut.Query("udp", "host.example.", 5*time.Second)
		return err == nil && len(got) == 1 && got[0] == "192.0.2.2"
	})
	if took := time.Since(began); took < 5*time.Second {
		t.Errorf("it is undone after %s already", took)
	}
}
