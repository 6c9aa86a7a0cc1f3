// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"

	"kresd-manager/api/wire"
)

// EndedError is a stream that has ended though its reader wants more of it.
type EndedError struct {
	// Manager means that the manager ends; otherwise it has closed the stream
	// alone, as for a reader that is too slow.
	Manager bool
}

func (e *EndedError) Error() string {
	if e.Manager {
		return "kresd-manager ends, and this stream with it; it goes on after the next start: systemctl status kresd-manager"
	}
	return "kresd-manager has closed this stream; ask again to go on"
}

// stream calls told with the kind and the data of each server-sent event. With
// endless, no end of the stream is what its reader wants.
func (c *Client) stream(ctx context.Context, q request, endless bool, told func(kind string, data []byte) error) error {
	r, err := c.request(ctx, q)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json") // of an error
	resp, err := c.http.Do(r)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // its reader left before it began
	case err != nil:
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
		if kind == wire.StreamEnding {
			return &EndedError{Manager: true}
		}
		if err := told(kind, []byte(data)); err != nil {
			return err
		}
	}
	err = in.Err()
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, bufio.ErrTooLong):
		return c.explain(&TooLongError{What: "message", Most: maxEvent}, q)
	case err != nil:
		return c.explain(err, q)
	case endless:
		return &EndedError{}
	}
	return nil
}
