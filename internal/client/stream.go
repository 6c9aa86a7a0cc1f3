// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bufio"
	"context"
	"encoding/json"
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
	// Restart means that another manager follows at once.
	Restart bool
}

func (e *EndedError) Error() string {
	if e.Manager {
		return "kresd-manager ends, and this stream with it; it goes on after the next start: systemctl status kresd-manager"
	}
	return "kresd-manager has closed this stream; ask again to go on"
}

// reader takes server-sent events (WHATWG HTML §9.2).
type reader struct {
	began func()          // the manager has answered, and events follow; nil for no one
	seen  func(id string) // the last id there was, to go on from; nil for no one
	told  func(kind string, data []byte) error
}

// stream reads server-sent events. With endless, no end of the stream is what its reader
// wants.
func (c *Client) stream(ctx context.Context, q request, endless bool, to reader) error {
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
	if to.began != nil {
		to.began()
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, maxEvent)
	kind, id := "", ""
	for in.Scan() {
		if in.Text() == "" { // the event is complete
			if id != "" && to.seen != nil {
				to.seen(id)
			}
			kind, id = "", ""
			continue
		}
		if i, ok := strings.CutPrefix(in.Text(), "id: "); ok {
			id = i
		}
		if k, ok := strings.CutPrefix(in.Text(), "event: "); ok {
			kind = k
		}
		data, ok := strings.CutPrefix(in.Text(), "data: ")
		if !ok {
			continue
		}
		if kind == wire.StreamEnding {
			var end wire.Ending
			_ = json.Unmarshal([]byte(data), &end) // an older manager says nothing
			return &EndedError{Manager: true, Restart: end.Restart}
		}
		if err := to.told(kind, []byte(data)); err != nil {
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
