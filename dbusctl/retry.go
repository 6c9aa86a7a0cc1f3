// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"time"

	"kresd-manager/units"
)

// patience is how long a call waits for a bus, or for systemd on it, that was
// there a moment ago: both can be restarted in the middle of our work.
const patience = 5 * time.Second

// do calls f with a connection, and again, with another one if need be, while
// systemd cannot be reached and could be a moment ago. What f did before its
// connection broke it must not do twice, unless that does no harm. Who was silent
// for long is not asked again: that is up to the caller.
func (c *Client) do(ctx context.Context, f func(*conn) error) error {
	err := c.again(ctx, f)
	c.learned(ctx, err)
	return err
}

func (c *Client) again(ctx context.Context, f func(*conn) error) error {
	var since time.Time // when it went away
	for wait := minBackOff; ; wait = min(2*wait, time.Second) {
		n, err := c.get(ctx)
		if err == nil {
			err = f(n)
			if since.IsZero() {
				since = time.Now()
			}
		} else if since.IsZero() {
			since = time.Unix(0, c.lost.Load())
		}
		if !errors.Is(err, units.ErrUnavailable) || isSilence(err) || time.Since(since) > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}
