// SPDX-License-Identifier: Apache-2.0

// Package dbusctl talks to systemd over the system bus: it takes snapshots of
// our units and carries out jobs on them. It is the only importer of D-Bus
// packages. What to do with the units is decided elsewhere.
//
// It works on one connection of its own and not on the one of
// coreos/go-systemd, whose match rules let any local user end a job by
// broadcasting a JobRemoved signal.
package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

const (
	systemdName   = "org.freedesktop.systemd1"
	systemdPath   = dbus.ObjectPath("/org/freedesktop/systemd1")
	managerIface  = systemdName + ".Manager"
	unitIface     = systemdName + ".Unit"
	serviceIface  = systemdName + ".Service"
	busName       = "org.freedesktop.DBus"
	noSuchUnit    = systemdName + ".NoSuchUnit"
	unitMasked    = systemdName + ".UnitMasked"
	accessDenied  = busName + ".Error.AccessDenied"
	interactive   = busName + ".Error.InteractiveAuthorizationRequired"
	signalBuffer  = 1024
	propertiesGet = busName + ".Properties.Get"
)

// Client is a connection to systemd that is made when it is first needed and
// made again after it broke. It is safe for concurrent use.
type Client struct {
	// Address of the bus; empty for the system bus.
	Address string

	once sync.Once
	turn chan struct{} // held by whoever looks at or replaces conn
	conn *conn
	lost atomic.Int64 // when a connection broke last, in Unix nanoseconds
}

// dialDeadline is how long making a connection may take.
const dialDeadline = 10 * time.Second

// take waits for the turn; the context bounds the wait.
func (c *Client) take(ctx context.Context) error {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", units.ErrUnavailable, ctx.Err())
	}
}

func (c *Client) release() { <-c.turn }

// conn is one connection to the bus. Once it is broken it is never used again:
// jobs queued over it have no result any more.
type conn struct {
	bus     *dbus.Conn
	signals chan *dbus.Signal
	done    chan struct{} // closed when the signal loop has ended
	lost    *atomic.Int64 // of the client
	jobs    *jobs
	reading chan struct{} // held by whoever asks many things at once
}

// atOnce is for how many units everything is asked at once. The bus cuts off who
// waits for more than 128 answers (dbus-daemon(1), max_replies_per_connection).
const atOnce = 8

// read calls f while nobody else asks many things at once.
func (n *conn) read(ctx context.Context, f func() error) error {
	select {
	case n.reading <- struct{}{}:
		defer func() { <-n.reading }()
		return f()
	case <-ctx.Done():
		return fmt.Errorf("cannot ask systemd: %w", ctx.Err())
	}
}

// Close ends the connection. Calls in progress fail with units.ErrUnavailable.
func (c *Client) Close() {
	_ = c.take(context.Background()) // at most dialDeadline
	defer c.release()
	if c.conn != nil {
		c.conn.close()
		c.conn = nil
	}
}

// get returns a working connection, making one if there is none.
func (c *Client) get(ctx context.Context) (*conn, error) {
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	defer c.release()
	if c.conn != nil && c.conn.bus.Connected() {
		return c.conn, nil
	}
	if c.conn != nil {
		c.conn.close()
		c.conn = nil
	}
	n, err := dial(ctx, c.Address, &c.lost)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", units.ErrUnavailable, err)
	}
	c.conn = n
	return n, nil
}

func dial(ctx context.Context, address string, lost *atomic.Int64) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialDeadline)
	defer cancel()
	bus, err := connect(ctx, address, dbus.NewSequentialSignalHandler())
	if err != nil {
		return nil, err
	}
	n := &conn{bus: bus, signals: make(chan *dbus.Signal, signalBuffer), done: make(chan struct{}), lost: lost, reading: make(chan struct{}, 1)}
	if err := n.subscribe(ctx); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// connect makes a connection to the bus. The library knows no deadline while it
// greets the bus; and the context must not be the connection's, which would end
// with the call that happened to need it first.
func connect(ctx context.Context, address string, signals dbus.SignalHandler) (*dbus.Conn, error) {
	type result struct {
		bus *dbus.Conn
		err error
	}
	made := make(chan result, 1)
	go func() {
		opt := dbus.WithSignalHandler(signals)
		var r result
		if address == "" {
			r.bus, r.err = dbus.ConnectSystemBus(opt)
		} else {
			r.bus, r.err = dbus.Connect(address, opt)
		}
		made <- r
	}()
	select {
	case r := <-made:
		return r.bus, r.err
	case <-ctx.Done():
		go func() {
			if r := <-made; r.bus != nil {
				r.bus.Close()
			}
		}()
		return nil, fmt.Errorf("the bus does not answer: %w", ctx.Err())
	}
}

// subscribe arranges for JobRemoved signals before any job can be queued. The
// match rule names the sender, and the loop compares it again, because a
// signal addressed to us directly passes every rule.
func (n *conn) subscribe(ctx context.Context) error {
	n.jobs = newJobs("")
	n.bus.Signal(n.signals)
	go n.loop()
	if err := matchManager(ctx, n.bus, "JobRemoved"); err != nil {
		return err
	}
	if err := matchOwner(ctx, n.bus); err != nil {
		return err
	}
	if err := n.bus.Object(systemdName, systemdPath).CallWithContext(ctx, managerIface+".Subscribe", 0).Err; err != nil {
		return err
	}
	owner, err := nameOwner(ctx, n.bus)
	if err != nil {
		return err
	}
	n.jobs.began(owner)
	return nil
}

// matchManager asks for a signal of systemd's manager object.
func matchManager(ctx context.Context, bus *dbus.Conn, member string) error {
	return bus.AddMatchSignalContext(ctx,
		dbus.WithMatchSender(systemdName),
		dbus.WithMatchObjectPath(systemdPath),
		dbus.WithMatchInterface(managerIface),
		dbus.WithMatchMember(member),
	)
}

// matchOwner asks to be told when systemd gets another bus name.
func matchOwner(ctx context.Context, bus *dbus.Conn) error {
	return bus.AddMatchSignalContext(ctx,
		dbus.WithMatchSender(busName),
		dbus.WithMatchInterface(busName),
		dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, systemdName),
	)
}

// nameOwner returns the unique bus name of systemd.
func nameOwner(ctx context.Context, bus *dbus.Conn) (owner string, err error) {
	err = bus.BusObject().CallWithContext(ctx, busName+".GetNameOwner", 0, systemdName).Store(&owner)
	return owner, err
}

// loop ends when the bus closes the signal channel, with the connection.
func (n *conn) loop() {
	defer close(n.done)
	for sig := range n.signals {
		switch sig.Name {
		case managerIface + ".JobRemoved":
			n.jobs.removed(sig)
		case busName + ".NameOwnerChanged":
			if n.jobs.ownerChanged(sig) {
				// It may not know any more that somebody listens.
				n.bus.Object(systemdName, systemdPath).Go(managerIface+".Subscribe", dbus.FlagNoReplyExpected, nil)
			}
		}
	}
	n.lost.Store(time.Now().UnixNano())
	n.jobs.lost()
}

func (n *conn) close() {
	n.bus.Close()
	<-n.done
}

// call calls a method of systemd's manager object.
func (n *conn) call(ctx context.Context, method string, args ...any) *dbus.Call {
	return n.bus.Object(systemdName, systemdPath).CallWithContext(ctx, managerIface+"."+method, 0, args...)
}

// translate turns an error of the bus into ours. What is a connection problem
// is units.ErrUnavailable, what polkit refuses is units.ErrForbidden.
func translate(err error, what string) error {
	if err == nil {
		return nil
	}
	var de dbus.Error
	if errors.As(err, &de) {
		switch de.Name {
		case accessDenied, interactive:
			return fmt.Errorf("cannot %s: %w (action %s.manage-units, rule file 50-kresd-manager.rules): %v",
				what, units.ErrForbidden, systemdName, err)
		case busName + ".Error.NoReply", busName + ".Error.ServiceUnknown", busName + ".Error.NameHasNoOwner", busName + ".Error.Disconnected":
			return fmt.Errorf("cannot %s: %w: %v", what, units.ErrUnavailable, err)
		}
		if strings.HasPrefix(de.Name, busName+".Error.Spawn.") { // the bus tried to start systemd
			return fmt.Errorf("cannot %s: %w: %v", what, units.ErrUnavailable, err)
		}
		return fmt.Errorf("cannot %s: %v", what, err)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("cannot %s: %w", what, err)
	}
	return fmt.Errorf("cannot %s: %w: %v", what, units.ErrUnavailable, err)
}
