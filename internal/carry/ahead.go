// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"

	"kresd-manager/units"
)

// Steps that begin ahead. Where no one is served yet, jobs are queued before those that
// they wait for have ended, if the unit files order them: systemd then starts one when
// the other is there, without a pause in which polkit and we are asked. What is begun
// ahead is taken back when the other one fails.

// ordered reports whether systemd starts the unit of a step after that of another one,
// by the unit files, if it has the jobs of both. Components are ordered by the generator
// alone, which may not be installed.
func ordered(before, after units.Step) bool {
	_, worker := units.WorkerNumber(after.Unit)
	return before.Kind == units.Load && after.Kind == units.Start && worker
}

// ahead is a step that was begun ahead of another one.
type ahead struct{ back atomic.Bool }

// errTakenBack is what a step fails for that was taken back.
var errTakenBack = errors.New("its start was taken back, because what comes before it did not succeed")

// takeBack takes back what was begun ahead of steps that have not succeeded: the last
// first, so that nothing starts when another one is gone.
func (c run) takeBack(ctx context.Context, g *graph, running map[int]begun) {
	for _, n := range slices.Backward(slices.Sorted(maps.Keys(running))) {
		if b := running[n]; b.ahead != nil && g.early(n) {
			b.ahead.back.Store(true)
			c.queueStop(ctx, b.step.Unit)
		}
	}
}

// takenBack reports whether the step that is carried out was taken back.
func (c run) takenBack() bool { return c.ahead != nil && c.ahead.back.Load() }
