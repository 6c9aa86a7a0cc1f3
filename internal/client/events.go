// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"kresd-manager/units"
)

// Events calls told with what happens until the context ends, which is no error,
// or the stream does, for longer than again bears: then it fails with *[EndedError] or
// *[ConnectError], for no one asked for that.
func (c *Client) Events(ctx context.Context, again Reconnect, told func(units.Event)) error {
	return c.resume(ctx, request{method: http.MethodGet, path: "/v1/events"}, again, func(_ string, data []byte) error {
		var e units.Event
		if err := json.Unmarshal(data, &e); err != nil {
			return &AnswerError{c.address, "event", err, ""}
		}
		told(e)
		return nil
	})
}

// Logs calls told with messages of units until there are no more or the context
// ends, which is no error. If the stream ends before, and so whenever messages to
// come are asked for, it fails with *[EndedError]; then again says how long to bear that.
// No units are all of them.
func (c *Client) Logs(ctx context.Context, q units.LogQuery, again Reconnect, told func(units.LogLine)) error {
	query := url.Values{"lines": {strconv.Itoa(q.Lines)}, "follow": {strconv.FormatBool(q.Follow)}}
	if q.Priority != "" {
		query.Set("priority", q.Priority)
	}
	if !q.Since.IsZero() {
		query.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if len(q.Units) > 0 {
		query["unit"] = q.Units
	}
	take := func(kind string, data []byte) error {
		if kind == "error" {
			e := &Error{Status: http.StatusInternalServerError}
			if err := json.Unmarshal(data, &e.Problem); err != nil {
				return &AnswerError{c.address, "error", err, ""}
			}
			return e
		}
		var l units.LogLine
		if err := json.Unmarshal(data, &l); err != nil {
			return &AnswerError{c.address, "message", err, ""}
		}
		told(l)
		return nil
	}
	ask := request{method: http.MethodGet, path: "/v1/logs", query: query}
	if q.Follow {
		return c.resume(ctx, ask, again, take)
	}
	return c.stream(ctx, ask, false, reader{told: take})
}
