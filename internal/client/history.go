// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net/http"
	"strconv"

	"kresd-manager/api/wire"
	"kresd-manager/units"
)

// History lists what was changed, newest first.
func (c *Client) History(ctx context.Context) (h units.History, err error) {
	err = c.get(ctx, "/v1/history", &h)
	return h, err
}

// HistoryEntry returns one change.
func (c *Client) HistoryEntry(ctx context.Context, id int) (e wire.HistoryEntry, err error) {
	err = c.get(ctx, "/v1/history/"+strconv.Itoa(id), &e)
	return e, err
}

// Rollback returns to the configuration of a change; 0 is what ran before the
// last one.
func (c *Client) Rollback(ctx context.Context, id int, opt ChangeOptions) (units.Report, error) {
	path := "/v1/rollback"
	if id != 0 {
		path += "/" + strconv.Itoa(id)
	}
	return c.again(ctx, path, false, opt)
}

// Confirm makes the change that waits for it stay.
func (c *Client) Confirm(ctx context.Context) (e units.Entry, err error) {
	a, err := c.do(ctx, request{method: http.MethodPost, path: "/v1/confirm", timeout: changeTimeout})
	if err != nil {
		return e, err
	}
	err = a.decode(&e)
	return e, err
}
