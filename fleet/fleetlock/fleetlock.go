// SPDX-License-Identifier: Apache-2.0

// Package fleetlock is a client of FleetLock, the protocol by which hosts share a
// semaphore for reboots (coreos/airlock and others serve it).
package fleetlock

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	timeout   = 30 * time.Second
	maxAnswer = 64 << 10
)

// Client asks one server for one host.
type Client struct {
	base, id, group string
	http            *http.Client
}

var groups = regexp.MustCompile(`^[a-zA-Z0-9.-]{1,128}$`)

// New returns a client for a host, which an ID names for good, in a group that shares a
// semaphore.
func New(base, id, group string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%q is not a URL of a FleetLock server", base)
	}
	if !groups.MatchString(group) {
		return nil, fmt.Errorf("%q is not a group of FleetLock: letters, digits, dots and -", group)
	}
	return &Client{strings.TrimSuffix(base, "/"), id, group, &http.Client{Timeout: timeout}}, nil
}

// RefusedError is what the server says instead of giving the lock.
type RefusedError struct{ Kind, Value string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the FleetLock server refuses: %s (%s)", e.Value, e.Kind)
}

// Take asks for the lock. Who has it gets it again.
func (c *Client) Take(ctx context.Context) error { return c.ask(ctx, "/v1/pre-reboot") }

// Give gives it back. It is no error not to have it.
func (c *Client) Give(ctx context.Context) error { return c.ask(ctx, "/v1/steady-state") }

func (c *Client) ask(ctx context.Context, path string) error {
	var body struct {
		Params struct {
			ID    string `json:"id"`
			Group string `json:"group"`
		} `json:"client_params"`
	}
	body.Params.ID, body.Params.Group = c.id, c.group
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("cannot ask for the lock: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("cannot ask for the lock: %w", err)
	}
	r.Header.Set("fleet-lock-protocol", "true")
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		var inner *url.Error // its text has the method
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return fmt.Errorf("cannot ask for the lock: %s does not answer: %w", c.base, err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to read
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 == 2 {
		return nil
	}
	e := RefusedError{Kind: resp.Status, Value: "no reason is given"}
	var said struct{ Kind, Value string }
	if json.Unmarshal(answer, &said) == nil && said.Kind != "" {
		e = RefusedError{said.Kind[:min(len(said.Kind), 64)], said.Value[:min(len(said.Value), 256)]}
	}
	return &e
}
