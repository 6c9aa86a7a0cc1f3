// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// drainPoll is how often a draining worker is asked whether it is done.
	drainPoll = 2 * time.Millisecond
	// returnPoll is how often it is asked whether someone is on the way back.
	returnPoll = 50 * time.Millisecond
)

// DrainOptions bound a drain.
type DrainOptions struct {
	// Deadline is how long to wait for queries in progress.
	Deadline time.Duration
	// Returning reports whether another worker is on its way back: then one
	// that is the last on an address goes on serving it, at most for Patience.
	// Nil is never.
	Returning func(context.Context) (bool, error)
	Patience  time.Duration
	// Spare is a second control socket of the worker, for when the first is lost;
	// "" is none. Process is the worker's main process; 0 is any.
	Spare   string
	Process int
}

// Drained says what a drain did.
type Drained struct {
	// Sockets is how many UDP sockets were taken out of their groups, and how
	// many TCP sockets stopped to listen.
	Sockets int
	// Kept is how many were left as they are because no other process serves
	// their address: queries that no one would take are better answered late.
	Kept int
	// Connections is how many of clients were open over TCP.
	Connections int
	// Complete means that no query was left in progress, and no connection.
	Complete bool
	Took     time.Duration
}

// Drain steers new queries away from a worker that is about to stop, and waits
// until it has answered those it has and parted from the clients that are
// connected, or the deadline or the context ends.
//
// A UDP socket leaves its SO_REUSEPORT group for good when it is connected
// (socket(7), udp(7)), so this is only for a worker whose next step is to end.
// One drain at a time takes place in a run directory: two workers must not each
// take the other for the one that stays.
func Drain(ctx context.Context, rundir, instance string, o DrainOptions) (Drained, error) {
	start := time.Now()
	var d Drained
	c, err := o.dial(ctx, Socket(rundir, instance))
	if err != nil {
		return d, err
	}
	defer c.Close()
	if err := d.await(ctx, c, rundir, o); err != nil {
		return d, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Deadline)
	defer cancel()
	err = d.finish(ctx, c)
	d.Took = time.Since(start)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return d, err
}

// dial connects to the worker, by its spare socket if it has to.
func (o DrainOptions) dial(ctx context.Context, socket string) (*Conn, error) {
	c, err := Dial(ctx, socket)
	if err == nil {
		if pid := c.peer(); pid == 0 || o.Process == 0 || pid == o.Process {
			return c, nil
		}
		c.Close()
		err = errors.New("cannot reach the worker: another process listens on its control socket")
	}
	if o.Spare == "" {
		return nil, err
	}
	spare, serr := Dial(ctx, o.Spare)
	if serr != nil {
		return nil, err // of the socket that people know
	}
	return spare, nil
}

// await steers when someone else serves everything that the worker does, or
// no one is on the way back.
func (d *Drained) await(ctx context.Context, c *Conn, rundir string, o DrainOptions) error {
	began := time.Now()
	var asked time.Time
	for hope := o.Returning != nil; ; {
		whole, err := d.steer(ctx, c, rundir, hope)
		if err != nil || whole || !hope {
			return err
		}
		if time.Since(asked) >= returnPoll {
			asked = time.Now()
			hope, err = o.Returning(ctx)
			hope = hope && err == nil
		}
		if hope = hope && time.Since(began) < o.Patience; hope {
			if err := pause(ctx, drainPoll); err != nil {
				return nil // it serves to the end
			}
		}
	}
}

// finish waits until nothing is in progress.
func (d *Drained) finish(ctx context.Context, c *Conn) error {
	until, _ := ctx.Deadline()
	_ = c.c.SetDeadline(until)
	// Connections on which something is always in progress are given up in
	// time for that to be answered.
	hurry := time.Now().Add(time.Until(until) / 4)
	for hurried := d.Connections == 0; ; {
		asked := time.Now()
		if !hurried && asked.After(hurry) {
			hurried = true
			if err := c.Eval("kresd_manager.hurry()", nil); err != nil {
				return err
			}
		}
		if err := c.Eval("kresd_manager.drained()", &d.Complete); err != nil || d.Complete {
			return err
		}
		if d.Sockets == 0 && d.Kept > 0 {
			// Queries keep coming, so there is no end to wait for.
			return nil
		}
		// Asking takes the longer, the more connections there are.
		if pause(ctx, max(drainPoll, 2*time.Since(asked))) != nil {
			return nil
		}
	}
}

// steer has the worker leave the sockets whose address someone else serves
// too; with hope all of them or, if that would not be all, none. It reports
// whether it was all.
func (d *Drained) steer(ctx context.Context, c *Conn, rundir string, hope bool) (whole bool, err error) {
	unlock, err := lock(ctx, drainLock(rundir))
	if err != nil {
		return false, err
	}
	defer unlock()
	datagram, err := sockets(c, "udp", "kresd_manager.sockets()")
	if err != nil {
		return false, err
	}
	// A worker that an older version started knows nothing of connections.
	stream, err := sockets(c, "tcp", "kresd_manager.listeners and kresd_manager.listeners() or {}")
	if err != nil {
		return false, err
	}
	serving, err := servers()
	if err != nil {
		return false, err
	}
	mine := map[string]int{}
	for _, s := range slices.Concat(datagram, stream) {
		mine[s.address]++
	}
	d.Kept = 0
	leave := func(sockets []socket) (fds []string) {
		for _, s := range sockets {
			if serving[s.address] <= mine[s.address] {
				d.Kept++
				continue
			}
			fds = append(fds, strconv.Itoa(s.fd))
		}
		return fds
	}
	udp, tcp := leave(datagram), leave(stream)
	if hope && d.Kept > 0 {
		return false, nil
	}
	var failed int
	if err := c.Eval("kresd_manager.drain({"+strings.Join(udp, ",")+"})", &failed); err != nil {
		return false, err
	}
	if len(tcp) > 0 {
		if err := c.Eval("kresd_manager.leave({"+strings.Join(tcp, ",")+"})", &d.Connections); err != nil {
			return false, err
		}
	}
	d.Sockets = len(udp) + len(tcp)
	if failed > 0 {
		return false, fmt.Errorf("cannot connect %d of %d sockets", failed, len(udp))
	}
	return d.Kept == 0, nil
}

// socket is a listening socket of a worker; the address is as in servers.
type socket struct {
	fd      int
	address string
}

// sockets asks a worker for sockets. None is an empty Lua table, which kresd
// writes as an object.
func sockets(c *Conn, protocol, expression string) ([]socket, error) {
	var raw json.RawMessage
	if err := c.Eval(expression, &raw); err != nil {
		return nil, err
	}
	if string(raw) == "{}" {
		return nil, nil
	}
	var rows [][2]json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, fmt.Errorf("cannot understand the sockets %.80q: %w", raw, err)
	}
	all := make([]socket, len(rows))
	for i, r := range rows {
		var address string
		if err := errors.Join(json.Unmarshal(r[0], &all[i].fd), json.Unmarshal(r[1], &address)); err != nil {
			return nil, fmt.Errorf("cannot understand the sockets %.80q: %w", raw, err)
		}
		all[i].address = protocol + " " + address
	}
	return all, nil
}

// pause sleeps, at most until the context ends, which is its error.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// lock takes an exclusive lock on a file, waiting for it until the context
// ends. It ends with the process at the latest.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o660)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", path, err)
		}
		if err := pause(ctx, drainPoll); err != nil {
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", path, err)
		}
	}
}
