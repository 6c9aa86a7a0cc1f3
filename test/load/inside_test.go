// SPDX-License-Identifier: Apache-2.0

package load

import (
	"testing"
	"time"

	"kresd-manager/test/machine"
)

// TestLoadInsideAMachine is the first of this package, by the name of its file: its machine
// boots beside the tests of others, and those after it are alone without a wait. Of these, the
// ones that ask a few hundred times a second at most, and wait most of the time, run in parallel
// when the others have ended.
func TestLoadInsideAMachine(t *testing.T) {
	m := machine.Start(t, machine.Options{Stock: true})
	machine.Alone(t)
	for _, c := range []Config{
		{Mode: UDP, QPS: 5_000, Duration: 2 * time.Second},
		{Mode: TCP, QPS: 300, Duration: 2 * time.Second},
	} {
		c.Enter, c.Addr, c.Name = m.InNetNS, "127.0.0.1:53", "localhost."
		r, err := Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v", c.Mode, r)
		if r.Sent == 0 || r.Answered+r.RcvbufErrors < r.Sent {
			t.Errorf("%s: queries to the stock resolver are lost", c.Mode)
		}
	}
}
