// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/internal/top"
)

// clearTimeout is for several workers that the manager asks one after another.
const clearTimeout = 2 * time.Minute

// Statistics returns what every worker has counted, in JSON by instance; null
// for one that did not answer.
func (c *Client) Statistics(ctx context.Context) ([]byte, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/metrics/json", timeout: readTimeout})
	return a.body, err
}

// Silent are the workers of which statistics have nothing, sorted; none if they cannot
// be read at all.
func Silent(statistics []byte) []string {
	var workers map[string]json.RawMessage
	if json.Unmarshal(statistics, &workers) != nil {
		return nil
	}
	maps.DeleteFunc(workers, func(_ string, counted json.RawMessage) bool { return string(counted) != "null" })
	return slices.Sorted(maps.Keys(workers))
}

// Prometheus returns the metrics in the text format of Prometheus.
func (c *Client) Prometheus(ctx context.Context) ([]byte, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/metrics/prometheus", timeout: readTimeout})
	return a.body, err
}

// Samples calls told with what the workers did in every two seconds, until the context or
// told ends it, which is no error. All who ask get the same samples.
func (c *Client) Samples(ctx context.Context, told func(top.Sample) (more bool, err error)) error {
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	return c.resume(ctx, request{method: http.MethodGet, path: "/v1/metrics/stream"}, Reconnect{}, func(kind string, data []byte) error {
		if kind != "sample" || ctx.Err() != nil {
			return nil
		}
		var s top.Sample
		if err := json.Unmarshal(data, &s); err != nil {
			return &AnswerError{c.address, "sample", err, ""}
		}
		more, err := told(s)
		if !more {
			enough()
		}
		return err
	})
}

// ClearCache clears the cache and returns what a worker says of it, in JSON.
func (c *Client) ClearCache(ctx context.Context, what wire.CacheClear) ([]byte, error) {
	body, err := json.Marshal(what)
	if err != nil {
		return nil, fmt.Errorf("cannot make a request: %w", err)
	}
	a, err := c.do(ctx, request{
		method: http.MethodPost, path: "/cache/clear", body: body, timeout: clearTimeout,
		header: http.Header{"Content-Type": {"application/json"}},
	})
	return a.body, err
}
