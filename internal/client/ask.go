// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/internal/top"
	"kresd-manager/units"
)

// traceTimeout is for several workers that the manager asks one after another.
const traceTimeout = time.Minute

// Restart restarts units, or all workers if none is named.
func (c *Client) Restart(ctx context.Context, named []string, opt ChangeOptions) (units.Report, error) {
	query := opt.query()
	for _, unit := range named {
		query.Add("unit", unit)
	}
	a, err := c.do(ctx, request{method: http.MethodPost, path: "/v1/restart", query: query, header: opt.header(), timeout: changeTimeout})
	if err != nil {
		return units.Report{}, err
	}
	return a.report()
}

// Trace has a worker resolve a name, and returns how it did.
func (c *Client) Trace(ctx context.Context, q wire.Trace) (t units.Trace, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return t, fmt.Errorf("cannot make a request: %w", err)
	}
	a, err := c.do(ctx, request{
		method: http.MethodPost, path: "/v1/trace", body: body, timeout: traceTimeout,
		header: http.Header{"Content-Type": {"application/json"}},
	})
	if err == nil {
		err = a.decode(&t)
	}
	return t, err
}

// CacheStatistics returns the state of the shared cache.
func (c *Client) CacheStatistics(ctx context.Context) (s units.CacheStatistics, err error) {
	err = c.get(ctx, "/v1/cache", &s)
	return s, err
}

// Upstreams returns what workers know of the servers that they ask.
func (c *Client) Upstreams(ctx context.Context) (u units.Upstreams, err error) {
	err = c.get(ctx, "/v1/upstreams", &u)
	return u, err
}

// Units returns the units with their states.
func (c *Client) Units(ctx context.Context) (all []units.UnitStatus, err error) {
	err = c.get(ctx, "/v1/units", &all)
	return all, err
}

// Counted are the statistics of workers by instance, as "kresd:kresd1", object and key:
// nil for one that did not answer.
type Counted map[string]map[string]map[string]float64

// Counts returns the statistics of all workers.
func (c *Client) Counts(ctx context.Context) (counts Counted, err error) {
	err = c.get(ctx, "/metrics/json", &counts)
	return counts, err
}

// Versions returns which versions of what runs.
func (c *Client) Versions(ctx context.Context) (v units.Versions, err error) {
	err = c.get(ctx, "/v1/version", &v)
	return v, err
}

// Reading returns what the counters of workers, units and the cache stand at. Workers
// that do not answer are left out of it.
func (c *Client) Reading(ctx context.Context) (r top.Reading, err error) {
	counts, err := c.Counts(ctx)
	if err != nil {
		return r, err
	}
	r.When, r.Counts = time.Now(), counts
	if r.Units, err = c.Units(ctx); err != nil {
		return r, err
	}
	var refused *Error
	if r.Cache, err = c.CacheStatistics(ctx); errors.As(err, &refused) && refused.Problem.Kind == wire.KindNoWorker {
		err = nil // the table says that there is none
	}
	return r, err
}
