// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"net/http"

	"kresd-manager/api/wire"
	"kresd-manager/internal/bridge"
)

// Session returns who the manager takes us for, and the address of its pages.
func (c *Client) Session(ctx context.Context) (s wire.Session, err error) {
	err = c.get(ctx, "/v1/session", &s)
	return s, err
}

// Files returns the configuration files as the manager reads them, and as they would say what
// runs.
func (c *Client) Files(ctx context.Context) (f wire.Files, err error) {
	err = c.get(ctx, "/v1/files", &f)
	return f, err
}

// SessionLink makes a link that logs in to the pages once, as who asks. It is empty if the
// manager knows them by neither token nor user.
func (c *Client) SessionLink(ctx context.Context) (l wire.SessionLink, err error) {
	a, err := c.do(ctx, request{method: http.MethodPost, path: "/v1/session/link", timeout: readTimeout})
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden:
		return l, nil
	case err != nil:
		return l, err
	}
	return l, a.decode(&l)
}

// Socket is the path of the unix socket that is asked, "" over TCP.
func (c *Client) Socket() string {
	if c.host != "localhost" {
		return ""
	}
	return c.address
}

// Carry opens a bridge on which a browser of this machine asks the manager as we do.
func (c *Client) Carry() (*bridge.Bridge, error) { return bridge.Open(c.carrier(), c.host) }

// carrier sends requests as ours.
func (c *Client) carrier() http.RoundTripper {
	return asked(func(r *http.Request) (*http.Response, error) {
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		return c.http.Transport.RoundTrip(r)
	})
}

type asked func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (a asked) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }
