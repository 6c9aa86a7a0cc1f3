// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"kresd-manager/units"
)

// maxEvent is the longest event in bytes: a plan of some thousand steps.
const maxEvent = 8 << 20

// Events calls told with what happens until the context ends, which is no
// error, or the manager does.
func (c *Client) Events(ctx context.Context, told func(units.Event)) error {
	q := request{method: http.MethodGet, path: "/v1/events"}
	r, err := c.request(ctx, q)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return c.explain(err, q)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to read
	if resp.StatusCode != http.StatusOK {
		return refusal(resp, nil)
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, maxEvent)
	for in.Scan() {
		data, ok := strings.CutPrefix(in.Text(), "data: ")
		if !ok {
			continue
		}
		var e units.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return fmt.Errorf("cannot read an event: %w", err)
		}
		told(e)
	}
	if err := in.Err(); err != nil && ctx.Err() == nil {
		return c.explain(err, q)
	}
	return nil
}

// Cancel gives up the change in progress.
func (c *Client) Cancel(ctx context.Context) error {
	_, err := c.do(ctx, request{method: http.MethodPost, path: "/v1/cancel", timeout: readTimeout})
	return err
}
