// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kresd-manager/internal/input"
	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// Files that rules come from, as part of the transition: which of them may fail it
// is said at the plan, what has failed is told after the load, and is tried again by
// the repair. Package units decides, and the policy-loader itself degrades: at boot
// there may be no manager.

// sourcesReport is where the policy-loader reports, below the run directory: see
// loader.lua in package render.
const sourcesReport = "work/sources"

// Pauses between tries of what could not be loaded and has not changed, as far as
// this process can see, doubled each time.
const (
	firstRetry   = 5 * time.Second
	longestRetry = 10 * time.Minute
)

// retries is when that is tried again. The zero value waits for something to fail.
type retries struct {
	times int
	next  time.Time
}

// due reports whether it is time. What has just failed waits first.
func (r *retries) due(failed bool, now time.Time) bool {
	switch {
	case !failed:
		*r = retries{}
		return false
	case r.next.IsZero():
		r.tried(now)
	}
	return !now.Before(r.next)
}

// tried notes a try.
func (r *retries) tried(now time.Time) {
	r.next = now.Add(min(firstRetry<<min(r.times, 10), longestRetry))
	r.times++
}

// sooner is a wait that ends at the next try at the latest.
func (r *retries) sooner(wait time.Duration, now time.Time) time.Duration {
	if r.next.IsZero() {
		return wait
	}
	return min(wait, max(r.next.Sub(now), gatherTime))
}

// sources says which of the files that rules come from must not fail a transition.
func (t *transition) sources() units.Sources {
	switch {
	case !t.asked, t.back, t.tolerant:
		return units.SourcesMayFail
	case t.file, t.renew:
		return units.SourcesChanged
	}
	return units.SourcesNamed
}

// degraded returns what the policy-loader could not load, of what is wanted or of
// what runs.
func (m *Manager) degraded(want units.Desired) []units.Degraded {
	for _, d := range []units.Desired{want, m.current.Load().desired} {
		all, err := input.Degraded(filepath.Join(m.o.Rundir, sourcesReport), d.RulesHash, d.Inputs)
		if err != nil {
			m.o.Log.Debug(err.Error())
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

// toldDegraded says of which files it is known that they are degraded as they are: to ask
// again is not to be refused again.
func (m *Manager) toldDegraded(ctx context.Context, cur *snapshot) func(path string) bool {
	degraded := m.degraded(cur.desired)
	if len(degraded) == 0 {
		return func(string) bool { return false }
	}
	live, _, err := m.observe(ctx, cur.desired, units.Limits{})
	return func(path string) bool {
		return err == nil && slices.ContainsFunc(degraded, func(d units.Degraded) bool { return d.Input.Path == path && live.Known(d.Input) })
	}
}

// tellSources notes in the report which sources are degraded after a load.
func (m *Manager) tellSources(s *step, want units.Desired) {
	r := s.report
	for _, d := range m.degraded(want) {
		r.Degraded = append(r.Degraded, d.String())
		r.Taken = slices.DeleteFunc(r.Taken, func(line string) bool {
			return strings.HasPrefix(line+" ", "loaded "+d.Input.Name(units.Content{})+" ")
		})
		m.log(s).Warn(d.String(), message.About{Kind: message.SourceDegraded, Unit: units.PolicyLoader}.Attr())
	}
}

// watch has the files watched whose changes are taken over by themselves: those of
// which the configuration says so, and degraded ones.
func (m *Manager) watch(s *snapshot) {
	paths := s.watched()
	for _, d := range m.degraded(s.desired) {
		paths = append(paths, d.Input.Path)
	}
	slices.Sort(paths)
	m.o.Watch(slices.Compact(paths))
}
