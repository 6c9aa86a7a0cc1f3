// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"kresd-manager/internal/kresd"
	"kresd-manager/units"
)

// Client is the connection of one manager, which can be frozen, so that the
// manager can be dropped at any point as if it had been killed there.
type Client struct {
	*Systemd
	began units.Mark

	mu     sync.Mutex
	left   int  // calls until it freezes; negative for never
	after  bool // freeze when the last call has been carried out
	frozen chan struct{}
	thaw   chan struct{}

	calls sync.WaitGroup // that systemd is carrying out
}

// Client returns a connection that works.
func (s *Systemd) Client() *Client {
	return &Client{Systemd: s, began: s.Mark(), left: -1, frozen: make(chan struct{}), thaw: make(chan struct{})}
}

// FreezeAt stops the manager forever in its k-th call from now, counted from 1,
// that starts, stops or asks something; before or after the call had its effect.
func (c *Client) FreezeAt(k int, after bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.after = k, after
}

// Frozen is closed when the manager has come to that call.
func (c *Client) Frozen() <-chan struct{} { return c.frozen }

// Settle waits until systemd has carried out what the manager asked for at the
// same time.
func (c *Client) Settle() { c.calls.Wait() }

// Thaw lets the goroutines of the dropped manager end: all its calls fail,
// without effect. It may be called once.
func (c *Client) Thaw() { close(c.thaw) }

// through does one call, unless the manager is dead.
func (c *Client) through(call func() error) error {
	c.mu.Lock()
	dead := c.left == 0
	if c.left > 0 {
		c.left--
	}
	dies, after := !dead && c.left == 0, c.after
	carried := !dead && (!dies || after)
	if carried {
		c.calls.Add(1)
	}
	c.mu.Unlock()
	var err error
	if carried {
		err = call()
		c.calls.Done()
	}
	if !dead && !dies {
		return err
	}
	if dies {
		close(c.frozen)
	}
	<-c.thaw
	return fmt.Errorf("%w: this manager is dead", units.ErrUnavailable)
}

// dead reports whether the manager has been dropped.
func (c *Client) dead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left == 0
}

// Observe fails when the manager is dead, so that it does nothing any more.
func (c *Client) Observe(ctx context.Context, scope units.Scope) (units.Live, error) {
	if c.dead() {
		return units.Live{}, units.ErrUnavailable
	}
	return c.Systemd.Observe(ctx, scope)
}

// Mark counts from the beginning of the connection.
func (c *Client) Mark() units.Mark { return c.Systemd.Mark() - c.began }

// Start is a job.
func (c *Client) Start(ctx context.Context, name string, terms units.JobTerms) error {
	terms.Since += c.began
	return c.through(func() error { return c.Systemd.Start(ctx, name, terms) })
}

// Stop is a job.
func (c *Client) Stop(ctx context.Context, name string) error {
	return c.through(func() error { return c.Systemd.Stop(ctx, name) })
}

// Restart is a job.
func (c *Client) Restart(ctx context.Context, name string, terms units.JobTerms) error {
	terms.Since += c.began
	return c.through(func() error { return c.Systemd.Restart(ctx, name, terms) })
}

// Set is a call that changes something.
func (c *Client) Set(ctx context.Context, name string, settings []units.Setting) error {
	return c.through(func() error { return c.Systemd.Set(ctx, name, settings) })
}

// ResetFailed is a call that may change something.
func (c *Client) ResetFailed(ctx context.Context, name string) error {
	return c.through(func() error { return c.Systemd.ResetFailed(ctx, name) })
}

// QueueStop is a job.
func (c *Client) QueueStop(ctx context.Context, name string) error {
	return c.through(func() error { return c.Systemd.QueueStop(ctx, name) })
}

// RenewCertificate is a command to a worker.
func (c *Client) RenewCertificate(ctx context.Context, instance, cert, key string) error {
	return c.through(func() error { return c.Systemd.RenewCertificate(ctx, instance, cert, key) })
}

// ResetRules is a command to a worker.
func (c *Client) ResetRules(ctx context.Context, instance string) error {
	return c.through(func() error { return c.Systemd.ResetRules(ctx, instance) })
}

// Probe is a command to a worker.
func (c *Client) Probe(ctx context.Context, instance string) error {
	return c.through(func() error { return c.Systemd.Probe(ctx, instance) })
}

// Statistics is a command to a worker.
func (c *Client) Statistics(ctx context.Context, instance string) (counts json.RawMessage, err error) {
	err = c.through(func() (err error) {
		counts, err = c.Systemd.Statistics(ctx, instance)
		return err
	})
	return counts, err
}

// ClearCache is a command to a worker.
func (c *Client) ClearCache(ctx context.Context, instance string, what kresd.Clear) (said json.RawMessage, err error) {
	err = c.through(func() (err error) {
		said, err = c.Systemd.ClearCache(ctx, instance, what)
		return err
	})
	return said, err
}

// Follow is a command to a worker.
func (c *Client) Follow(ctx context.Context, instance string, q kresd.Question) (t kresd.Trace, err error) {
	err = c.through(func() (err error) {
		t, err = c.Systemd.Follow(ctx, instance, q)
		return err
	})
	return t, err
}

// Cache is a command to a worker.
func (c *Client) Cache(ctx context.Context, instance string) (s kresd.CacheStatistics, err error) {
	err = c.through(func() (err error) {
		s, err = c.Systemd.Cache(ctx, instance)
		return err
	})
	return s, err
}

// AskUpstreams is a command to a worker.
func (c *Client) AskUpstreams(ctx context.Context, instance string) (u kresd.Upstreams, err error) {
	err = c.through(func() (err error) {
		u, err = c.Systemd.AskUpstreams(ctx, instance)
		return err
	})
	return u, err
}

// AllFigures is a command to a worker.
func (c *Client) AllFigures(ctx context.Context, instance string) (f kresd.Figures, err error) {
	err = c.through(func() (err error) {
		f, err = c.Systemd.AllFigures(ctx, instance)
		return err
	})
	return f, err
}
