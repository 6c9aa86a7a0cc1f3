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
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

const (
	systemdName      = "org.freedesktop.systemd1"
	systemdPath      = dbus.ObjectPath("/org/freedesktop/systemd1")
	managerIface     = systemdName + ".Manager"
	unitIface        = systemdName + ".Unit"
	serviceIface     = systemdName + ".Service"
	busName          = "org.freedesktop.DBus"
	busPath          = dbus.ObjectPath("/org/freedesktop/DBus")
	noSuchUnit       = systemdName + ".NoSuchUnit"
	unitMasked       = systemdName + ".UnitMasked"
	destructive      = systemdName + ".TransactionIsDestructive"
	accessDenied     = busName + ".Error.AccessDenied"
	interactive      = busName + ".Error.InteractiveAuthorizationRequired"
	signalBuffer     = 1024
	propertiesGet    = busName + ".Properties.Get"
	propertiesGetAll = busName + ".Properties.GetAll"
)

// Client is a connection to systemd that is made when it is first needed and
// made again after it broke. It is safe for concurrent use.
type Client struct {
	// Address of the bus; empty for the system bus.
	Address string
	// Log is told once when contact with systemd is lost, and once when it is back;
	// nil is no one.
	Log *slog.Logger

	once   sync.Once
	turn   chan struct{} // held by whoever looks at or replaces conn
	conn   *conn
	target targetJobs
	lost   atomic.Int64 // when a connection broke last, in Unix nanoseconds

	watch atomic.Pointer[watch] // while Watch is connected

	answer  time.Duration // in place of answerTime and dialTime, for tests
	contact contact
}

// take waits for the turn; the context bounds the wait.
func (c *Client) take(ctx context.Context) error {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unavailable(silent(ctx, ctx.Err()))
	}
}

func (c *Client) release() { <-c.turn }

// conn is one connection to the bus. Once it is broken it is never used again:
// jobs queued over it have no result any more.
type conn struct {
	bus     *dbus.Conn
	signals chan *dbus.Signal
	done    chan struct{}    // closed when the signal loop has ended
	lost    *atomic.Int64    // of the client
	target  *targetJobs      // of the client
	answer  time.Duration    // how long an answer may take
	clock   func() time.Time // time.Now, but for tests
	jobs    *jobs
	reading chan struct{} // held by whoever asks many things at once
	memory  *memory       // nil where systemd does not tell of changes
	missed  func()        // called when it has not told of changes that memory counted on
}

// Close ends the connection. Calls in progress fail with units.ErrUnavailable.
func (c *Client) Close() {
	_ = c.take(context.Background()) // at most dialTime
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
	n, err := dial(ctx, c.Address, &c.lost, &c.target, cmp.Or(c.answer, dialTime))
	if err != nil {
		return nil, unavailable(err)
	}
	n.answer = cmp.Or(c.answer, answerTime)
	c.conn = n
	return n, nil
}

func dial(ctx context.Context, address string, lost *atomic.Int64, target *targetJobs, patience time.Duration) (*conn, error) {
	ctx, cancel := withDeadline(ctx, patience)
	defer cancel()
	bus, err := connect(ctx, address, dbus.NewSequentialSignalHandler())
	if err != nil {
		return nil, err
	}
	n := &conn{bus: bus, signals: make(chan *dbus.Signal, signalBuffer), done: make(chan struct{}), clock: time.Now, lost: lost, target: target, reading: make(chan struct{}, 1)}
	if err := n.subscribe(ctx); err != nil {
		n.close()
		return nil, silent(ctx, err)
	}
	return n, nil
}

// subscribe arranges for JobRemoved signals before any job can be queued. The
// match rule names the sender, and the loop compares it again, because a
// signal addressed to us directly passes every rule.
func (n *conn) subscribe(ctx context.Context) error {
	n.jobs = newJobs("", n.target)
	n.bus.Signal(n.signals)
	go n.loop()
	owner, err := arrange(ctx, n.bus, ownerRule, managerRule("JobRemoved"))
	if err != nil {
		return err
	}
	n.jobs.began(owner)
	return nil
}

// ownerRule is the match rule to be told when systemd gets another bus name.
const ownerRule = "type='signal',sender='" + busName + "',interface='" + busName + "',member='NameOwnerChanged',arg0='" + systemdName + "'"

// managerRule is the match rule for a signal of systemd's manager object.
func managerRule(member string) string {
	return fmt.Sprintf("type='signal',sender='%s',path='%s',interface='%s',member='%s'", systemdName, systemdPath, managerIface, member)
}

// arrange has the signals of match rules sent, by systemd and by the bus, and returns the
// unique bus name of systemd. It asks for all at once: the bus takes up what comes over one
// connection in order.
func arrange(ctx context.Context, bus *dbus.Conn, rules ...string) (owner string, err error) {
	ask := func(name string, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
		return bus.Object(name, path).GoWithContext(ctx, method, 0, make(chan *dbus.Call, 1), args...)
	}
	var matches []*dbus.Call
	for _, rule := range rules {
		matches = append(matches, ask(busName, busPath, busName+".AddMatch", rule))
	}
	signals := ask(systemdName, systemdPath, managerIface+".Subscribe")
	name := ask(busName, busPath, busName+".GetNameOwner", systemdName)
	for _, match := range matches {
		<-match.Done
		err = cmp.Or(err, match.Err)
	}
	<-signals.Done
	_, failure := subscribed(signals.Err)
	<-name.Done
	return owner, cmp.Or(err, failure, name.Store(&owner))
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
				// It may not know any more that someone listens.
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

// unavailable is why there is no connection.
func unavailable(err error) error {
	if errors.Is(err, units.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", units.ErrUnavailable, err)
}

// translate turns an error of the bus into ours. What is a connection problem
// is units.ErrUnavailable, what polkit refuses is units.ErrForbidden.
func translate(err error, what string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, units.ErrUnavailable) {
		return fmt.Errorf("cannot %s: %w", what, err)
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
