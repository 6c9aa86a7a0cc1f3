// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kresd-manager/units"
)

// Events calls told with what happens until the context ends, which is no
// error, or the manager does.
func (c *Client) Events(ctx context.Context, told func(units.Event)) error {
	return c.stream(ctx, request{method: http.MethodGet, path: "/v1/events"}, func(_ string, data []byte) error {
		var e units.Event
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("cannot read an event: %w", err)
		}
		told(e)
		return nil
	})
}

// Logs calls told with messages of units until there are no more, the context
// ends, which is no error, or the manager does. No units are all of them.
func (c *Client) Logs(ctx context.Context, q units.LogQuery, told func(units.LogLine)) error {
	query := url.Values{"lines": {strconv.Itoa(q.Lines)}, "follow": {strconv.FormatBool(q.Follow)}}
	if len(q.Units) > 0 {
		query["unit"] = q.Units
	}
	return c.stream(ctx, request{method: http.MethodGet, path: "/v1/logs", query: query}, func(kind string, data []byte) error {
		if kind == "error" {
			e := &Error{Status: http.StatusInternalServerError}
			if err := json.Unmarshal(data, &e.Problem); err != nil {
				return fmt.Errorf("cannot read the answer: %w", err)
			}
			return e
		}
		var l units.LogLine
		if err := json.Unmarshal(data, &l); err != nil {
			return fmt.Errorf("cannot read a message: %w", err)
		}
		told(l)
		return nil
	})
}

// stream calls told with the kind and the data of each server-sent event.
func (c *Client) stream(ctx context.Context, q request, told func(kind string, data []byte) error) error {
	r, err := c.request(ctx, q)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json") // of an error
	resp, err := c.http.Do(r)
	if err != nil {
		return c.explain(err, q)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to read
	if resp.StatusCode != http.StatusOK {
		return c.refusal(resp, q)
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, maxEvent)
	kind := ""
	for in.Scan() {
		if k, ok := strings.CutPrefix(in.Text(), "event: "); ok {
			kind = k
		}
		data, ok := strings.CutPrefix(in.Text(), "data: ")
		if !ok {
			continue
		}
		if err := told(kind, []byte(data)); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil && ctx.Err() == nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = &TooLongError{What: "message", Most: maxEvent}
		}
		return c.explain(err, q)
	}
	return nil
}

// Cancel gives up the change in progress.
func (c *Client) Cancel(ctx context.Context) error {
	_, err := c.do(ctx, request{method: http.MethodPost, path: "/v1/cancel", timeout: readTimeout})
	return err
}
