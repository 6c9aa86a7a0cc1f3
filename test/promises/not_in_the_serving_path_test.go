// SPDX-License-Identifier: Apache-2.0

package promises

import (
	"maps"
	"testing"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// Not in the serving path. Stop or kill the manager: no worker notices, and the next
// manager adopts what runs.
func TestNotInTheServingPath(t *testing.T) {
	sut.Fresh(t, three)
	before := sut.PIDs(t)
	client(t)
	for _, end := range [][]string{
		{"systemctl", "stop", units.Socket, units.Manager},
		{"systemctl", "kill", "--kill-whom=main", "--signal=KILL", units.Manager},
		{"systemctl", "restart", units.Manager},
	} {
		sut.Must(t, end...)
		sut.Expect(t, "host.example.", "192.0.2.1")
		sut.Must(t, "systemctl", "start", units.Manager)
		product.Eventually(t, "the next manager serves", func() bool { return sut.Status(t).State == "running" })
		if now := sut.PIDs(t); !maps.Equal(before, now) {
			t.Errorf("%v: the processes are %v, and were %v", end, now, before)
		}
	}
}
