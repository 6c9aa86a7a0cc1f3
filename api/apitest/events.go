// SPDX-License-Identifier: Apache-2.0

package apitest

import (
	"context"

	"kresd-manager/units"
)

// Events implements api.Controller. What Tell is given comes out of it.
func (c *Controller) Events(ctx context.Context) <-chan units.Event {
	ch := make(chan units.Event, 16)
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	if c.readers == nil {
		c.readers = map[chan units.Event]bool{}
	}
	c.readers[ch] = true
	context.AfterFunc(ctx, func() {
		c.statusMu.Lock()
		defer c.statusMu.Unlock()
		delete(c.readers, ch)
		close(ch)
	})
	return ch
}

// Tell gives an event to all who listen, and returns how many do.
func (c *Controller) Tell(e units.Event) int {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	for ch := range c.readers {
		ch <- e
	}
	return len(c.readers)
}

// Cancel implements api.Controller. The field Canceled says what it returns.
func (c *Controller) Cancel() bool { return c.Canceled }
