// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kresd-manager/internal/cgroup"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/metrics"
	"kresd-manager/units"
)

// Beside the transition: what workers are asked, whatever configuration they run.

// Deadlines of what is asked of workers by the way.
const (
	statisticsDeadline = 3 * time.Second  // all workers, at the same time
	clearDeadline      = 30 * time.Second // one worker
)

// tally counts what happened since the manager started.
type tally struct {
	applied, failed        atomic.Uint64 // changes
	repairs, repairsFailed atomic.Uint64
	drifts                 counts[string]
	crashes                counts[metrics.Crash]
	times                  metrics.ChangeTimes
}

// counts counts by what is given. The zero value is ready, and safe for concurrent use.
type counts[K comparable] struct {
	mu sync.Mutex
	n  map[K]uint64
}

func (c *counts[K]) add(what K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[K]uint64{}
	}
	c.n[what]++
}

func (c *counts[K]) all() map[K]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}

// count notes a change. Only a change that concerns everyone has its error in
// the report: a request that is wrong by itself is its sender's affair.
func (t *tally) count(r units.Report, err error) {
	switch {
	case r.Error != "":
		t.failed.Add(1)
		t.times.Note("failed", time.Duration(r.Took))
	case err == nil:
		t.applied.Add(1)
		t.times.Note("applied", time.Duration(r.Took))
	}
}

// Statistics asks every worker that runs or should run for what it has counted.
// Who does not answer in time is named in the result.
func (m *Manager) Statistics(ctx context.Context) ([]units.WorkerStatistics, error) {
	st, err := m.statusSoon(ctx)
	if err != nil {
		m.o.Log.Debug("cannot see the units; asking the workers that should run", "error", err)
	}
	return m.gather(ctx, st), nil
}

// Prometheus returns the statistics of the workers with what is known of units
// and changes, in the text format of Prometheus.
func (m *Manager) Prometheus(ctx context.Context) ([]byte, error) {
	st, err := m.statusSoon(ctx)
	s := metrics.Snapshot{
		Status:      st,
		StatusError: err,
		Changes:     metrics.Changes{Applied: m.tally.applied.Load(), Failed: m.tally.failed.Load(), Times: m.tally.times.All()},
		Events: metrics.Events{
			Drifts: m.tally.drifts.all(), Crashes: m.tally.crashes.all(),
			Repaired: m.tally.repairs.Load(), RepairsFailed: m.tally.repairsFailed.Load(),
		},
	}
	s.Workers, s.Figures = m.gatherAll(ctx, st)
	for _, u := range st.Units {
		if u.Role != units.RoleWorker || s.OOMKills != nil {
			continue
		}
		if p, running := (cgroup.System{}).Process(u.PID); running {
			if n, ok := (cgroup.System{}).OOMKills(p.Path()); ok {
				s.OOMKills = &n
			}
		}
	}
	return metrics.Text(s)
}

// statusSoon is Status that does not wait for a bus that hangs: the workers can
// be asked without it.
func (m *Manager) statusSoon(ctx context.Context) (units.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, statisticsDeadline)
	defer cancel()
	st, err := m.statusOf(ctx, m.current.Load())
	if err == nil && !st.AsOf.IsZero() {
		st.Units, err = nil, units.ErrUnavailable // what was is no figure of now
	}
	return st, err
}

func (m *Manager) gather(ctx context.Context, st units.Status) []units.WorkerStatistics {
	workers := workersOf(st)
	if m.Running().Monitoring.Metrics == "manager-only" {
		return metrics.Off(workers)
	}
	all := metrics.Gather(ctx, workers, statisticsDeadline, m.o.Workers.Statistics)
	for _, w := range all {
		if w.Error != "" {
			m.o.Log.Debug("no statistics", "unit", w.Unit, "error", w.Error)
		}
	}
	return all
}

// gatherAll is gather for all numbers that workers have.
func (m *Manager) gatherAll(ctx context.Context, st units.Status) ([]units.WorkerStatistics, []*kresd.Figures) {
	if m.Running().Monitoring.Metrics == "manager-only" {
		return m.gather(ctx, st), nil
	}
	all, figures := metrics.GatherAll(ctx, workersOf(st), statisticsDeadline, m.o.Workers.AllFigures)
	for _, w := range all {
		if w.Error != "" {
			m.o.Log.Debug("no statistics", "unit", w.Unit, "error", w.Error)
		}
	}
	return all, figures
}

// workersOf lists the workers that run or should run, by number.
func workersOf(st units.Status) []string {
	var ns []int
	for n := 1; n <= st.Workers; n++ {
		ns = append(ns, n)
	}
	for _, u := range st.Units {
		n, ok := units.WorkerNumber(u.Unit)
		if ok && n > st.Workers && u.Active != "inactive" && u.Active != "failed" {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	names := make([]string, len(ns))
	for i, n := range ns {
		names[i] = units.Worker(n)
	}
	return names
}

// ClearCache has one worker clear the cache, which all share, and returns its
// words, a JSON object. One that hangs or is gone is passed over for the next.
// A *units.WorkerError is a worker's refusal; units.ErrNoWorker tells that none
// answers.
func (m *Manager) ClearCache(ctx context.Context, what units.CacheClear) (json.RawMessage, error) {
	st, err := m.statusSoon(ctx)
	if err != nil {
		m.o.Log.Debug("cannot see the units; asking the workers that should run", "error", err)
	}
	last := errors.New("none runs")
	for _, unit := range workersOf(st) {
		said, err := m.clearWith(ctx, unit, what)
		var refused *kresd.LuaError
		switch {
		case err == nil:
			m.o.Log.Info("cache cleared", "unit", unit, "name", what.Name, "exact", what.Exact, "type", what.Type)
			return said, nil
		case errors.As(err, &refused):
			return nil, &units.WorkerError{Unit: unit, Message: refused.Message}
		case ctx.Err() != nil:
			return nil, err
		}
		m.o.Log.Warn("cannot clear the cache; asking the next worker", "unit", unit, "error", err)
		last = err
	}
	return nil, fmt.Errorf("cannot clear the cache: %w: %w", units.ErrNoWorker, last)
}

func (m *Manager) clearWith(ctx context.Context, unit string, what units.CacheClear) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, clearDeadline)
	defer cancel()
	return m.o.Workers.ClearCache(ctx, units.Instance(unit), kresd.Clear(what))
}
