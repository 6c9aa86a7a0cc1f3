// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"kresd-manager/api"
)

// clearTimeout is for several workers that the manager asks one after another.
const clearTimeout = 2 * time.Minute

// Statistics returns what every worker has counted, in JSON by instance; null
// for one that did not answer.
func (c *Client) Statistics(ctx context.Context) ([]byte, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/metrics/json", timeout: readTimeout})
	return a.body, err
}

// Prometheus returns the metrics in the text format of Prometheus.
func (c *Client) Prometheus(ctx context.Context) ([]byte, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/metrics/prometheus", timeout: readTimeout})
	return a.body, err
}

// ClearCache clears the cache and returns what a worker says of it, in JSON.
func (c *Client) ClearCache(ctx context.Context, what api.CacheClear) ([]byte, error) {
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
