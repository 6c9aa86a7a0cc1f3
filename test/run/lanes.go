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

// lanes runs groups side by side, the longest first, and those that must be alone one
// after another when the others have ended. ended is called for each, one at a time.
func lanes(ctx context.Context, all []group, wide width, run func(context.Context, group) *outcome, ended func(group, *outcome)) {
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
				report(g, run(ctx, g))
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
	lanes.Wait()
	for _, g := range order {
		if g.alone && ctx.Err() == nil {
			report(g, run(ctx, g))
		}
	}
}
