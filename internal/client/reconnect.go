// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Pauses between attempts to reach a manager again, which is there within a second as a
// rule.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = time.Second
	// steady is how long a stream lasts that is no sign of trouble: after a shorter one
	// the pauses go on growing.
	steady = 10 * time.Second
)

// Reconnect is what becomes of a stream that breaks off because the manager is
// restarted or killed. It goes on after the last message that was told.
type Reconnect struct {
	// For is how long to try, 0 is not at all.
	For time.Duration
	// Lost is called when the stream breaks off, and Back when it goes on.
	Lost, Back func()
}

// resume reads a stream that has no end, over restarts of the manager. A stream that does
// not begin in the first place is an error at once, and so is a refusal, a stream that the
// manager closes alone, and the end of a manager that no other one follows: connecting
// to its socket would start it against the will of who has stopped it.
func (c *Client) resume(ctx context.Context, q request, again Reconnect, told func(kind string, data []byte) error) error {
	var (
		last  string    // id of the last event
		heard bool      // the stream has begun once
		since time.Time // it is broken since then, zero when it is not
		began time.Time
		pause = firstPause
	)
	for {
		attempt, give := context.WithCancel(ctx)
		patient := func() bool { return true }
		if !since.IsZero() { // who is connected may not be answered
			patient = time.AfterFunc(time.Until(since.Add(again.For)), give).Stop
		}
		if last != "" {
			q.header = http.Header{"Last-Event-ID": {last}}
		}
		err := c.stream(attempt, q, true, reader{
			began: func() {
				patient()
				if !since.IsZero() {
					again.Back()
				}
				heard, since, began = true, time.Time{}, time.Now()
			},
			seen: func(id string) { last = id },
			told: told,
		})
		patient()
		gaveUp := attempt.Err() != nil
		give()
		switch {
		case ctx.Err() != nil:
			return nil
		case gaveUp:
			return &ConnectError{Address: c.address, Reason: "no answer within " + again.For.String(), Err: context.DeadlineExceeded}
		case !heard || again.For <= 0 || !passes(err):
			return err
		case since.IsZero():
			if since = time.Now(); since.Sub(began) > steady {
				pause = firstPause
			}
			again.Lost()
		case time.Since(since) >= again.For:
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(pause, max(0, time.Until(since.Add(again.For))))):
		}
		pause = min(2*pause, mostPause)
	}
}

// passes reports whether an end of a stream is one of those after which the manager is
// back soon.
func passes(err error) bool {
	var none *ConnectError
	var ended *EndedError
	return errors.As(err, &none) || errors.As(err, &ended) && ended.Restart
}
