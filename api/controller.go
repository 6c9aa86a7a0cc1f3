// SPDX-License-Identifier: Apache-2.0

// Package api is the HTTP interface of kresd-manager: the routes, who may call
// them, what goes over the wire, and the server that carries it. It parses a
// request, calls a [Controller] and translates the outcome; what a change means
// and how it is carried out is left to the Controller, which package
// internal/manager provides.
//
// Paths and verbs are those of Knot Resolver's own manager. Where that one
// departs from RFC 6901 (JSON Pointer), RFC 6902 (JSON Patch) or RFC 9110 (HTTP
// semantics), this package follows the RFC.
package api

import (
	"context"
	"encoding/json"

	"kresd-manager/internal/config"
	"kresd-manager/internal/top"
	"kresd-manager/units"
)

// Controller is what the handlers need of the manager. All methods are safe
// for concurrent use. Errors keep these in their chain, from which the status
// of the answer is derived: [config.Problems], [config.PointerError],
// [config.ErrNotFound], [config.ErrTestFailed], [units.StepError],
// [units.WorkerError], [units.ErrNoWorker], [units.ErrUnavailable],
// [units.ErrForbidden], [units.ErrStopping], [units.ErrNothingWaits],
// [units.WaitingError], [units.NoEntryError] and [units.UnitError].
type Controller interface {
	// Running returns the configuration that runs, with what its validation made
	// of it. It is called for every request and must neither block nor wait for
	// a change in progress; as long as the same runs, it is the same pointer.
	Running() *config.Running
	// Change edits the running configuration and applies the result. Changes
	// are serialised; it returns when the change is applied or refused. What
	// Match and Edit return comes back in the chain of the error. The Report
	// holds the plan also when there is an error.
	Change(ctx context.Context, c units.Change) (units.Report, error)
	// Reload reads the configuration file again and applies it.
	Reload(ctx context.Context, a units.Again) (units.Report, error)
	// Renew applies the running configuration once more.
	Renew(ctx context.Context, a units.Again) (units.Report, error)
	// Restart restarts these units, or all workers if there are none, although they
	// run as configured. One that cannot be restarted is a [*units.UnitError].
	Restart(ctx context.Context, names []string, a units.Again) (units.Report, error)
	// History returns what was changed, newest first.
	History() units.History
	// Entry returns one change and the configuration that it made. The entry may
	// be good even where the configuration cannot be had.
	Entry(id int) (units.Entry, *config.Document, error)
	// Rollback makes the configuration of an earlier change the running one; 0 is
	// what ran before the last change.
	Rollback(ctx context.Context, id int, a units.Again) (units.Report, error)
	// Confirm makes the change that waits for it stay.
	Confirm(ctx context.Context, who units.Who) (units.Entry, error)
	// Stop stops all workers and returns when they have stopped. The manager
	// ends afterwards, leaving time for the answer to be sent.
	Stop(ctx context.Context) error
	// Cancel gives up a change that waits or is in progress, and returns what that is;
	// 0 is the one in progress. It is false if there is nothing to cancel.
	Cancel(id int) (units.ChangeStatus, bool)
	// Changes returns the changes that are in progress, that wait, and that have ended a
	// short time ago, in this order.
	Changes() []units.ChangeStatus
	// AwaitChange returns a change when it has ended, or when it has another revision
	// than this one, if that is not 0; when the context ends, as it is then.
	AwaitChange(ctx context.Context, id int, revision uint64) (units.ChangeStatus, error)
	// Resume returns what happens from now on, until the context ends, which closes
	// the channel, and what has happened since the event with an id, "" for none.
	// run and the number of an event, with - between them, are its id.
	Resume(ctx context.Context, after string) (run string, now uint64, past []units.Event, more <-chan units.Event)
	// Status returns the overall state.
	Status(ctx context.Context) (units.Status, error)
	// Statistics returns what every worker has counted. One that does not answer
	// within seconds is named in the result and holds up no one.
	Statistics(ctx context.Context) ([]units.WorkerStatistics, error)
	// Reading returns what the counters of workers, units and the cache stand at.
	// Workers that do not answer within seconds are left out of it.
	Reading(ctx context.Context) (top.Reading, error)
	// Prometheus returns the statistics in the text format of Prometheus, with what
	// is known of units and changes.
	Prometheus(ctx context.Context) ([]byte, error)
	// Trace follows a request through a worker.
	Trace(ctx context.Context, q units.TraceQuestion) (units.Trace, error)
	// CacheStatistics returns the state of the cache, and Upstreams what is known of the
	// servers upstream; a worker that does not answer is named in the result.
	CacheStatistics(ctx context.Context) (units.CacheStatistics, error)
	Upstreams(ctx context.Context) (units.Upstreams, error)
	// Versions returns which versions of what runs.
	Versions(ctx context.Context) (units.Versions, error)
	// ClearCache clears the cache of the workers, or a part of it, and returns
	// what the worker that did it says of it, in JSON.
	ClearCache(ctx context.Context, what units.CacheClear) (json.RawMessage, error)
}
