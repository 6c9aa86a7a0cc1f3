// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/internal/config"
)

// Manager is the kresd-manager of this host, as far as an agent needs it. Errors are
// *[Refusal] where it judged what it was asked for, and something else where it could not
// be asked, or the answer is not known.
type Manager interface {
	// Look returns what runs.
	Look(ctx context.Context) (View, error)
	// Plan returns the SHA-256 of what a change to a configuration would do.
	Plan(ctx context.Context, doc *config.Document, etag string) (string, error)
	// Apply changes to a configuration, if the one with this ETag runs. Unless it is
	// confirmed within a time, which is 0 for a change that stays, it is undone.
	Apply(ctx context.Context, doc *config.Document, etag string, within time.Duration, comment string) error
	// Confirm keeps the change that waits, and Undo takes it back.
	Confirm(ctx context.Context) error
	Undo(ctx context.Context, comment string) error
	// Reload has it read its files.
	Reload(ctx context.Context, comment string) error
	// Read reads the counters, and asks the probes of this host.
	Read(ctx context.Context) (Reading, error)
}

// View is what runs on this host.
type View struct {
	Running *config.Document
	ETag    string
	// Waiting is the comment of a change that waits to be confirmed, and Left how long it
	// still does; nil if none waits.
	Waiting *string
	Left    time.Duration
	// Busy says in words why nothing can be changed now: something is in progress.
	Busy string
}

// Reading is how a host was at a moment.
type Reading struct {
	// Ill says in words what is wrong, "" if nothing is: a unit that does not run what it
	// should, or a probe that did not get its answer.
	Ill string
	// Queries and ServFail count answers since the workers began, and Restarts of workers.
	Queries, ServFail float64
	Restarts          int
	// Latency has answers by how long they took, in ascending order of the bound.
	Latency []Bucket
}

// Bucket is how many answers took no longer than a bound, in milliseconds; not cumulative.
type Bucket struct {
	Bound float64
	Count float64
}

// Refusal is what the manager does not do, in its own words.
type Refusal struct {
	Words string
	// Stale is that something else runs by now, and Waits that a local change waits to be
	// confirmed: it says nothing about the release.
	Stale, Waits bool
}

func (r *Refusal) Error() string { return r.Words }

// judge compares how a host was from before a release to its start with how it is from the
// time when the release was in force to the end of its soak. ok tells whether there were
// enough queries to say so.
func judge(before, start, begun, end Reading, p rollout.Policy) (ill string, ok bool) {
	if end.Ill != "" {
		return end.Ill, true
	}
	if end.Restarts > start.Restarts {
		return plural(end.Restarts-start.Restarts, "a worker was restarted", "workers were restarted %d times") + " since the release is in force", true
	}
	after := since(begun, end)
	if after.Queries < float64(p.MinQueries) {
		return "", false
	}
	was := since(before, start)
	share, old := after.share(), was.share()
	if was.Queries < 1 {
		old = 0
	}
	if share > old+p.MaxServFail {
		return percent(share) + " of answers are SERVFAIL, before it were " + percent(old), true
	}
	// A latency in a bucket is known to a factor of two or so.
	if p95, base := after.p95(), was.p95(); was.Queries >= float64(p.MinQueries) && p95 > 50 && p95 > 4*base && base > 0 {
		return "95% of answers take up to " + milliseconds(p95) + ", before it were " + milliseconds(base), true
	}
	return "", true
}

// since is what happened between two readings. Counters that went back began anew.
func since(a, b Reading) Reading {
	if b.Queries < a.Queries {
		a = Reading{}
	}
	d := Reading{Queries: b.Queries - a.Queries, ServFail: b.ServFail - a.ServFail}
	for i, x := range b.Latency {
		if i < len(a.Latency) && a.Latency[i].Bound == x.Bound {
			x.Count -= a.Latency[i].Count
		}
		d.Latency = append(d.Latency, x)
	}
	return d
}

func (r Reading) share() float64 {
	if r.Queries < 1 {
		return 0
	}
	return 100 * r.ServFail / r.Queries
}

func (r Reading) p95() float64 {
	total, sum := 0.0, 0.0
	for _, b := range r.Latency {
		total += b.Count
	}
	for _, b := range r.Latency {
		if sum += b.Count; sum >= 0.95*total && total > 0 {
			return b.Bound
		}
	}
	return 0
}
