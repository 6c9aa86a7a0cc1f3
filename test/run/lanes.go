// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// width is how many groups run side by side: always so many, and up to most while spare
// returns, one lane after another.
type width struct {
	always, most int
	spare        func(context.Context)
}

// turn is that of a group that must be alone. It prepares beside others what it measures, says
// that it waits, once, and goes on when it has been given its turn.
type turn struct {
	waits chan struct{} // closed when it waits, or has ended
	given chan struct{} // closed when it may go on
}

// runner runs a group; the turn is nil for one that runs beside others.
type runner func(context.Context, group, *turn) *outcome

// lanes runs groups side by side, the longest first, and those that must be alone one
// after another when the others have ended, and what others waits for: once that has, they prepare
// beside the last of the others. ended is called for each, one at a time.
func lanes(ctx context.Context, all []group, wide width, run runner, others func(), ended func(group, *outcome)) {
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b group) int { return cmp.Compare(b.expected, a.expected) })
	var lock sync.Mutex
	report := func(g group, o *outcome) {
		lock.Lock()
		defer lock.Unlock()
		ended(g, o)
	}
	queue := make(chan group)
	queued, emptied := context.WithCancel(ctx)
	var lanes sync.WaitGroup
	var one sync.Mutex // the next lane is to see what this one takes
	for i := range wide.most {
		lanes.Go(func() {
			for {
				if i >= wide.always {
					one.Lock()
					wide.spare(queued)
					one.Unlock()
				}
				g, ok := <-queue
				if !ok {
					return
				}
				report(g, run(ctx, g, nil))
			}
		})
	}
	for _, g := range order {
		if !g.alone && ctx.Err() == nil {
			queue <- g
		}
	}
	emptied()
	close(queue)
	others()
	begun := prepare(ctx, order, run) // not before: how long a program may wait is bounded
	lanes.Wait()
	for _, b := range begun {
		<-b.turn.waits
	}
	for _, b := range begun {
		close(b.turn.given)
		report(b.group, <-b.outcome)
	}
}

// begun is a group that must be alone and waits for its turn, or will.
type begun struct {
	group   group
	turn    *turn
	outcome chan *outcome
}

// prepare begins the groups that must be alone.
func prepare(ctx context.Context, order []group, run runner) (all []begun) {
	for _, g := range order {
		if g.alone && ctx.Err() == nil {
			b := begun{g, &turn{make(chan struct{}), make(chan struct{})}, make(chan *outcome, 1)}
			go func() { b.outcome <- run(ctx, b.group, b.turn) }()
			all = append(all, b)
		}
	}
	return all
}
