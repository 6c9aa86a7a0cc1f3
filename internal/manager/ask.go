// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kresd-manager/internal/kresd"
	"kresd-manager/internal/metrics"
	"kresd-manager/internal/trace"
	"kresd-manager/units"
)

// What people on duty ask of workers: the way of one request, the cache, the servers
// upstream. It needs no change of the configuration and no restart.

// traceDeadline is for one worker. A request that gets nowhere ends by itself after some
// ten seconds.
const traceDeadline = 20 * time.Second

// Trace follows a request through a worker: the one that is named, else the first that
// answers. A *units.WorkerError is the worker's refusal, a *units.UnitError tells that
// there is no such worker, units.ErrNoWorker that none answers.
func (m *Manager) Trace(ctx context.Context, q units.TraceQuestion) (units.Trace, error) {
	workers := m.workersNow(ctx)
	if q.Unit != "" {
		if !slices.Contains(workers, q.Unit) {
			return units.Trace{}, &units.UnitError{Unit: q.Unit, Problem: "is not a worker of this resolver; see kresctl units", Unknown: true}
		}
		workers = []string{q.Unit}
	}
	last := errors.New("none runs")
	for _, unit := range workers {
		t, err := m.follow(ctx, unit, q)
		var refused *kresd.LuaError
		switch {
		case err == nil:
			return t, nil
		case errors.As(err, &refused):
			return units.Trace{}, &units.WorkerError{Unit: unit, Message: refused.Message}
		case ctx.Err() != nil:
			return units.Trace{}, err
		}
		m.o.Log.Debug("cannot follow a request; asking the next worker", "unit", unit, "error", err)
		last = err
	}
	return units.Trace{}, fmt.Errorf("cannot follow the request: %w: %w", units.ErrNoWorker, last)
}

func (m *Manager) follow(ctx context.Context, unit string, q units.TraceQuestion) (units.Trace, error) {
	ctx, cancel := context.WithTimeout(ctx, traceDeadline)
	defer cancel()
	found, err := m.o.Workers.Follow(ctx, units.Instance(unit), kresd.Question{Name: q.Name, Type: q.Type, From: q.From})
	if err != nil {
		return units.Trace{}, err
	}
	t := units.Trace{
		Unit: unit, Name: q.Name, Type: q.Type, From: q.From, Secure: found.Secure, Cut: found.Cut,
		Took: milliseconds(found.Took), Answer: []string{}, Lines: []units.TraceLine{},
	}
	if found.RCode != nil {
		t.RCode = units.RCodeName(*found.RCode)
	}
	if found.Error != nil {
		t.Error = &units.ExtendedError{Code: *found.Error, Meaning: units.ExtendedErrorMeaning(*found.Error), Text: found.ErrorText}
	}
	for _, rr := range found.Answer { // kresd lays them out in columns
		t.Answer = append(t.Answer, strings.Join(strings.Fields(rr), " "))
	}
	for _, l := range found.Lines {
		t.Lines = append(t.Lines, units.TraceLine{At: milliseconds(l.At), Text: l.Line})
	}
	t.Events = trace.Events(t.Lines)
	return t, nil
}

func milliseconds(n float64) units.Seconds { return units.Seconds(n * float64(time.Millisecond)) }

// workersNow lists the workers that run or should run, by number.
func (m *Manager) workersNow(ctx context.Context) []string {
	st, err := m.statusSoon(ctx)
	if err != nil {
		m.o.Log.Debug("cannot see the units; asking the workers that should run", "error", err)
	}
	return workersOf(st)
}

// askAll asks workers at the same time, each for what it is asked for; who does not
// answer within seconds is not waited for.
func askAll[T any](ctx context.Context, workers []string, ask func(ctx context.Context, instance string) (T, error)) ([]T, []error) {
	ctx, cancel := context.WithTimeout(ctx, statisticsDeadline)
	defer cancel()
	answers, errs := make([]T, len(workers)), make([]error, len(workers))
	var all sync.WaitGroup
	for i, unit := range workers {
		all.Go(func() { answers[i], errs[i] = ask(ctx, units.Instance(unit)) })
	}
	all.Wait()
	return answers, errs
}

// Upstreams returns what the workers have found out of the servers that they ask. One
// that does not answer within seconds is named in the result.
func (m *Manager) Upstreams(ctx context.Context) (units.Upstreams, error) {
	workers := m.workersNow(ctx)
	answers, errs := askAll(ctx, workers, m.o.Workers.AskUpstreams)
	u := units.Upstreams{Workers: []units.UpstreamWorker{}}
	var times []units.RoundTrips
	for i, a := range answers {
		w := units.UpstreamWorker{Unit: workers[i], UDP: a.UDP, TCP: a.TCP + a.TLS, Timeouts: a.Timeouts}
		if errs[i] != nil {
			w.Error = errs[i].Error()
		}
		u.Workers = append(u.Workers, w)
		of := units.RoundTrips{}
		for address, rtt := range a.RTT {
			of[address] = rtt
		}
		times = append(times, of)
	}
	u.Servers = units.MergeUpstreams(times)
	return u, noneAnswered(errs)
}

// CacheStatistics returns the state of the shared cache and what each worker has done
// with it. One that does not answer within seconds is named in the result.
func (m *Manager) CacheStatistics(ctx context.Context) (units.CacheStatistics, error) {
	workers := m.workersNow(ctx)
	answers, errs := askAll(ctx, workers, m.o.Workers.Cache)
	s := units.CacheStatistics{Workers: []units.CacheWorker{}}
	counted := map[string]units.WorkerStatistics{}
	if m.Running().Monitoring.Metrics != "manager-only" {
		for _, w := range metrics.Gather(ctx, workers, statisticsDeadline, m.o.Workers.Statistics) {
			counted[w.Unit] = w
		}
	}
	for i, a := range answers {
		w := units.CacheWorker{Unit: workers[i], Reads: a.Reads, Misses: a.Misses, Writes: a.Writes}
		w.Answers, w.Cached = counted[w.Unit].Answers()
		if errs[i] != nil {
			w.Error = errs[i].Error()
		} else {
			s.Entries, s.Usage, s.SizeBytes = a.Entries, a.Usage, a.SizeBytes // of all workers; the last knows as much as the first
		}
		s.Workers = append(s.Workers, w)
	}
	return s, noneAnswered(errs)
}

// noneAnswered is units.ErrNoWorker if no worker has answered.
func noneAnswered(errs []error) error {
	last := errors.New("none runs")
	for _, err := range errs {
		if err == nil {
			return nil
		}
		last = err
	}
	return fmt.Errorf("%w: %w", units.ErrNoWorker, last)
}

// Versions returns which versions of what runs. A worker keeps its program until it
// restarts, whatever was installed since.
func (m *Manager) Versions(ctx context.Context) (units.Versions, error) {
	workers := m.workersNow(ctx)
	answers, errs := askAll(ctx, workers, m.o.Workers.KresdVersion)
	v := units.Versions{Manager: m.o.Version, Workers: map[string]string{}}
	for i, version := range answers {
		if errs[i] == nil {
			v.Workers[workers[i]] = version
		}
	}
	ctx, cancel := context.WithTimeout(ctx, statisticsDeadline)
	defer cancel()
	var err error
	if v.Systemd, err = m.o.Systemd.SystemdVersion(ctx); err != nil {
		m.o.Log.Debug("cannot ask systemd for its version", "error", err)
	}
	return v, nil
}
