// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"kresd-manager/api/wire"
	"kresd-manager/units"
)

// Reload makes the manager read its file again.
func (c *Client) Reload(ctx context.Context, force bool, opt ChangeOptions) (units.Report, error) {
	return c.again(ctx, "/reload", force, opt)
}

// Renew makes the manager apply what runs once more.
func (c *Client) Renew(ctx context.Context, force bool, opt ChangeOptions) (units.Report, error) {
	return c.again(ctx, "/renew", force, opt)
}

func (c *Client) again(ctx context.Context, path string, force bool, opt ChangeOptions) (units.Report, error) {
	if force {
		path += "/force"
	}
	done, err := c.carry(ctx, request{method: http.MethodPost, path: path, query: opt.query(), header: opt.header(), timeout: changeTimeout})
	return done.Report, err
}

// Stop stops all workers and the manager. It returns when no worker runs.
func (c *Client) Stop(ctx context.Context) error {
	_, err := c.do(ctx, request{method: http.MethodPost, path: "/stop", timeout: changeTimeout})
	return err
}

// Plan returns what a reload would do.
func (c *Client) Plan(ctx context.Context) (r units.Report, err error) {
	err = c.get(ctx, "/v1/plan", &r)
	return r, err
}

// Status returns the overall state.
func (c *Client) Status(ctx context.Context) (s units.Status, err error) {
	err = c.get(ctx, "/v1/status", &s)
	return s, err
}

// Processes lists the processes that run: "all", "kresd" or "gc".
func (c *Client) Processes(ctx context.Context, kind string) (ps []wire.Process, err error) {
	err = c.get(ctx, "/processes/"+kind, &ps)
	return ps, err
}

// Schema returns the JSON schema of the configuration that the manager takes. It may be
// a manager that does not tell.
func (c *Client) Schema(ctx context.Context) ([]byte, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/schema", timeout: readTimeout})
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		return nil, errors.New("the manager does not provide its schema; without --live that of this kresctl is printed")
	case refused != nil:
		return nil, fmt.Errorf("the manager does not provide its schema: %w", err)
	}
	return a.body, err
}

func (c *Client) get(ctx context.Context, path string, v any) error {
	a, err := c.do(ctx, request{method: http.MethodGet, path: path, timeout: readTimeout})
	if err != nil {
		return err
	}
	return a.decode(v)
}
