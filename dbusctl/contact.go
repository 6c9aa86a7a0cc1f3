// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"sync"
	"time"

	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// contact is whether systemd could be reached the last time.
type contact struct {
	mu   sync.Mutex
	lost time.Time // zero while it can be
}

// learned notes what came of a question. That a caller did not want to wait any
// longer says nothing.
func (c *Client) learned(ctx context.Context, err error) {
	if c.Log == nil || ctx.Err() != nil {
		return
	}
	away := errors.Is(err, units.ErrUnavailable)
	c.contact.mu.Lock()
	since := c.contact.lost
	switch {
	case away && since.IsZero():
		c.contact.lost = time.Now()
	case !away:
		c.contact.lost = time.Time{}
	}
	c.contact.mu.Unlock()
	switch {
	case away && since.IsZero():
		c.Log.Warn("contact with systemd lost; what runs keeps running, but nothing can be changed or seen", "error", err,
			message.About{Kind: message.BusLost}.Attr())
	case !away && !since.IsZero():
		c.Log.Warn("contact with systemd is back", "after", time.Since(since).Round(time.Millisecond).String(),
			message.About{Kind: message.BusBack}.Attr())
	}
}
