// SPDX-License-Identifier: Apache-2.0

package promises

import "testing"

// No query lost. A worker is drained before every stop, whoever asks for it; where there
// is only one, a spare takes over first.
func TestNoQueryLost(t *testing.T) {
	sut.Fresh(t, three)
	client(t)
	for _, change := range [][2]string{
		{"/nsid", `"a"`},  // restarts all, one after another
		{"/workers", "1"}, // stops two
		{"/nsid", `"b"`},  // restarts the only one
		{"/workers", "3"}, // starts two
		{"/local-data/addresses/other.example", `"192.0.2.2"`}, // restarts no one
	} {
		if plan := sut.Put(t, change[0], change[1]); plan.Empty() {
			t.Errorf("PUT %s does nothing", change[0])
		}
	}
	sut.Must(t, "systemctl", "restart", "kresd@2.service", "kresd@3.service")
}
