// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"testing"
	"time"

	"kresd-manager/test/load"
	"kresd-manager/test/machine"
)

func TestLoadInsideAMachine(t *testing.T) {
	machine.Alone(t)
	m := machine.Start(t, machine.Options{Stock: true})
	for _, c := range []load.Config{
		{Mode: load.UDP, QPS: 5_000, Duration: 2 * time.Second},
		{Mode: load.TCP, QPS: 300, Duration: 2 * time.Second},
	} {
		c.Enter, c.Addr, c.Name = m.InNetNS, "127.0.0.1:53", "localhost."
		r, err := load.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v", c.Mode, r)
		if r.Sent == 0 || r.Answered+r.RcvbufErrors < r.Sent {
			t.Errorf("%s: queries to the stock resolver are lost", c.Mode)
		}
	}
}
