// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"kresd-manager/units"
)

// Steps that begin ahead. Where no one is served yet, jobs are queued before those that
// they wait for have ended, if the unit files order them: systemd then starts one when
// the other is there, without a pause in which polkit and we are asked. What is begun
// ahead is taken back when the other one fails.
//
// A job of the first unit brings in kresd.target. Nothing is begun ahead before the end of
// its own start was told, and it was seen active after that: else that end could not be told
// from a stop by someone and a start by ours (see Systemd.Start). Where the target wants the workers, as
// the generator's links have it, it is active when they are, and they have their jobs by it.

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

// Times of the wait for the target, which waits for nothing where nothing runs.
const (
	targetLooks = 5
	targetPause = 2 * time.Millisecond // after the first look, and then twice that
)

// targetServes reports whether kresd.target has become active soon after a job was queued
// that brings it in.
func (c run) targetServes(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, controlDeadline)
	defer cancel()
	since := units.Mark(c.since.Load())
	for look, pause := 1, targetPause; look <= targetLooks; look, pause = look+1, 2*pause {
		if c.Systemd.Mark() > since { // its start has ended, and that counts as before the look
			target, err := c.lookAtTarget(ctx)
			if err != nil || target.Serving() || target.JobType != "start" {
				return err == nil && target.Serving()
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false
		}
	}
	return false
}
