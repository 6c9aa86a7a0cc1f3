// SPDX-License-Identifier: Apache-2.0

// Package metrics gathers what the workers have counted and writes it, with
// what the manager knows of the units, in the text format of Prometheus. Names
// and labels of what workers count are those of Knot Resolver's own manager.
// How a worker is asked is left to package kresd, and what runs to package
// manager.
package metrics

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"kresd-manager/internal/kresd"
	"kresd-manager/units"
)

// Ask asks one worker for its statistics. It must return soon after the end of
// the context.
type Ask func(ctx context.Context, instance string) (json.RawMessage, error)

// AskAll asks one worker for all its numbers, on the same terms.
type AskAll func(ctx context.Context, instance string) (kresd.Figures, error)

// GatherAll is Gather for all numbers. Those of a worker that did not answer are nil.
func GatherAll(ctx context.Context, workers []string, limit time.Duration, ask AskAll) ([]units.WorkerStatistics, []*kresd.Figures) {
	figures := make([]*kresd.Figures, len(workers))
	number := make(map[string]int, len(workers))
	for i, unit := range workers {
		number[units.Instance(unit)] = i
	}
	all := Gather(ctx, workers, limit, func(ctx context.Context, instance string) (json.RawMessage, error) {
		f, err := ask(ctx, instance)
		if err != nil {
			return nil, err
		}
		figures[number[instance]] = &f // one goroutine each
		return f.Counts, nil
	})
	return all, figures
}

// Gather asks all workers, by unit, at the same time, and gives each of them the
// same limited time: one that hangs does not hold up the others. Who did not
// answer is in the result, with the reason.
func Gather(ctx context.Context, workers []string, limit time.Duration, ask Ask) []units.WorkerStatistics {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	all := make([]units.WorkerStatistics, len(workers))
	var asked sync.WaitGroup
	for i, unit := range workers {
		asked.Go(func() {
			w := units.WorkerStatistics{Unit: unit}
			counts, err := ask(ctx, units.Instance(unit))
			if err != nil {
				w.Error = err.Error()
			} else {
				w.Counts = counts
			}
			all[i] = w
		})
	}
	asked.Wait()
	return all
}

// Off is the result for workers that are not to be asked.
func Off(workers []string) []units.WorkerStatistics {
	all := make([]units.WorkerStatistics, len(workers))
	for i, unit := range workers {
		all[i] = units.WorkerStatistics{Unit: unit, Error: "statistics of workers are off (/monitoring/metrics is manager-only)"}
	}
	return all
}
