// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"testing"

	"kresd-manager/test/load"
)

func TestRollOfFourWorkersLosesNoQuery(t *testing.T) {
	freshRoll(t, everywhere)
	lossless(t, under(t, roll(t), at(load.UDP, "127.0.0.1:53", 20_000))...)
}

// Where there is one worker, a spare takes over first.
func TestRollOfOneWorkerLosesNoQuery(t *testing.T) {
	freshRoll(t, with("1", everywhere))
	lossless(t, under(t, roll(t), at(load.UDP, "127.0.0.1:53", 10_000))...)
	if n := len(workers(t)); n != 1 {
		t.Errorf("%d workers run afterwards", n)
	}
}
