// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/units"
)

// Follow is how a client goes along with changes that take long.
type Follow struct {
	// After is how long an answer may take, in whole seconds, before Told hears of the
	// change.
	After time.Duration
	// Told is called with each state of such a change until its end.
	Told func(units.ChangeStatus)
	// Leave does not wait for the end: changes fail with *[UnderwayError].
	Leave bool
}

// Follow has the changes of this client followed, which those of other managers than
// kresd-manager cannot be: they are answered when they have ended. Call it before the
// first one.
func (c *Client) Follow(f Follow) { c.follow = &f }

// UnderwayError is a change that goes on and was left.
type UnderwayError struct {
	ID     int
	Change wire.Change
	// Err is why its end was not waited for; nil where nobody wanted that.
	Err error
}

func (e *UnderwayError) Error() string {
	return fmt.Sprintf("change %d goes on; kresctl cancel %d gives it up, kresctl status shows it", e.ID, e.ID)
}

// Unwrap gives the reason.
func (e *UnderwayError) Unwrap() error { return e.Err }

// waitOnce is for how long one request waits for news of a change.
const waitOnce = 30 * time.Second

// pace is how long to wait between two requests for the same change, whoever answers.
const pace = 50 * time.Millisecond

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// carry sends a request that changes something and returns what came of it.
func (c *Client) carry(ctx context.Context, q request) (Changed, error) {
	if c.follow != nil {
		if q.header == nil {
			q.header = http.Header{}
		}
		q.header.Set("Prefer", c.follow.prefer())
	}
	a, err := c.do(ctx, q)
	if err != nil {
		return Changed{}, err
	}
	id, ok := a.underway()
	if !ok {
		report, err := a.report()
		return Changed{Report: report, ETag: a.etag()}, err
	}
	under := &UnderwayError{ID: id}
	if c.follow == nil || c.follow.Leave {
		err := a.decode(&under.Change)
		return Changed{}, errors.Join(err, under)
	}
	return c.see(ctx, under)
}

func (f *Follow) prefer() string {
	if f.Leave {
		return "respond-async"
	}
	return fmt.Sprintf("respond-async, wait=%d", f.After/time.Second)
}

// underway is the number of a change that goes on after this answer.
func (a answer) underway() (id int, ok bool) {
	text, ok := strings.CutPrefix(a.header.Get("Location"), "/v1/changes/")
	if a.status != http.StatusAccepted || !ok {
		return 0, false
	}
	id, err := strconv.Atoi(text)
	return id, err == nil
}

// see follows a change to its end.
func (c *Client) see(ctx context.Context, under *UnderwayError) (Changed, error) {
	seen := "" // ETag
	for {
		now, etag, news, err := c.awaitChange(ctx, under.ID, seen)
		var refused *Error
		switch {
		case ctx.Err() != nil:
			under.Err = ctx.Err()
			return Changed{}, under
		case errors.As(err, &refused) && refused.Status == http.StatusServiceUnavailable: // too many wait
			pause(ctx, time.Second)
			continue
		case err != nil:
			return Changed{}, err
		case !news:
			pause(ctx, pace)
			continue
		}
		seen = etag
		if c.follow.Told != nil {
			c.follow.Told(now.ChangeStatus)
		}
		switch {
		case !now.State.Ended():
			pause(ctx, pace)
		case now.Problem != nil:
			return Changed{}, &Error{Status: now.Problem.Status, Problem: *now.Problem}
		case now.Report != nil:
			return Changed{Report: *now.Report, ETag: now.ETag}, nil
		default:
			return Changed{}, nil
		}
	}
}

// awaitChange returns a change when it has another ETag than this one, or some time
// later as it is.
func (c *Client) awaitChange(ctx context.Context, id int, seen string) (now wire.Change, etag string, news bool, err error) {
	q := request{
		method: http.MethodGet, path: "/v1/changes/" + strconv.Itoa(id), header: http.Header{},
		query: map[string][]string{"wait": {waitOnce.String()}}, timeout: waitOnce + readTimeout,
	}
	if seen == "" {
		q.query = nil // at once
	} else {
		q.header.Set("If-None-Match", quoted(seen))
	}
	a, err := c.do(ctx, q)
	if err != nil || a.status == http.StatusNotModified {
		return now, seen, false, err
	}
	err = a.decode(&now)
	return now, a.etag(), true, err
}

// Changes lists the changes that are in progress, that wait, and that have ended a
// short time ago.
func (c *Client) Changes(ctx context.Context) (all wire.Changes, err error) {
	err = c.get(ctx, "/v1/changes", &all)
	return all, err
}

// Cancel gives up a change, 0 is the one in progress, and returns what that was.
func (c *Client) Cancel(ctx context.Context, id int) (given wire.Change, err error) {
	path := "/v1/cancel"
	if id != 0 {
		path += "/" + strconv.Itoa(id)
	}
	a, err := c.do(ctx, request{method: http.MethodPost, path: path, timeout: readTimeout})
	if err != nil {
		return given, err
	}
	err = a.decode(&given)
	return given, err
}
