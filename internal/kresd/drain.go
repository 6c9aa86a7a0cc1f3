// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// drainPoll is how often a draining worker is asked whether it is done.
const drainPoll = 2 * time.Millisecond

// Drained tells what a drain did.
type Drained struct {
	// Sockets is how many UDP sockets were taken out of their groups.
	Sockets int
	// Kept is how many were left as they are because no other process serves
	// their address: queries that nobody would take are better answered late.
	Kept int
	// Complete tells that no query was left in progress.
	Complete bool
	Took     time.Duration
}

// Drain steers new queries away from a worker that is about to stop, and waits
// until it has answered those it has, or the context ends.
//
// A UDP socket leaves its SO_REUSEPORT group for good when it is connected
// (socket(7), udp(7)), so this is only for a worker whose next step is to end.
// One drain at a time takes place in a run directory: two workers must not each
// take the other for the one that stays.
func Drain(ctx context.Context, rundir, instance string) (Drained, error) {
	start := time.Now()
	var d Drained
	c, err := Dial(ctx, Socket(rundir, instance))
	if err != nil {
		return d, err
	}
	defer c.Close()
	if err := d.steer(ctx, c, rundir); err != nil {
		return d, err
	}
	for {
		var done bool
		err := c.Eval("kresd_manager.drained()", &done)
		d.Took = time.Since(start)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return d, nil
		}
		if err != nil {
			return d, err
		}
		if done {
			d.Complete = true
			return d, nil
		}
		if d.Sockets == 0 && d.Kept > 0 {
			// Queries keep coming, so there is no end to wait for.
			return d, nil
		}
		select {
		case <-ctx.Done():
			return d, nil
		case <-time.After(drainPoll):
		}
	}
}

// steer connects the sockets whose address somebody else serves too.
func (d *Drained) steer(ctx context.Context, c *Conn, rundir string) error {
	unlock, err := lock(ctx, filepath.Join(rundir, "drain.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	sockets, err := udpSockets(c)
	if err != nil {
		return err
	}
	serving, err := servers()
	if err != nil {
		return err
	}
	mine := map[string]int{}
	for _, s := range sockets {
		mine[s.address]++
	}
	var fds []string
	for _, s := range sockets {
		if serving[s.address] <= mine[s.address] {
			d.Kept++
			continue
		}
		fds = append(fds, strconv.Itoa(s.fd))
	}
	var failed int
	if err := c.Eval("kresd_manager.drain({"+strings.Join(fds, ",")+"})", &failed); err != nil {
		return err
	}
	d.Sockets = len(fds)
	if failed > 0 {
		return fmt.Errorf("cannot connect %d of %d sockets", failed, len(fds))
	}
	return nil
}

// udpSocket is a listening socket of a worker; the address is written as in
// /proc/net/udp.
type udpSocket struct {
	fd      int
	address string
}

// udpSockets asks a worker for its sockets that can be steered. None is an
// empty Lua table, which kresd writes as an object.
func udpSockets(c *Conn) ([]udpSocket, error) {
	var raw json.RawMessage
	if err := c.Eval("kresd_manager.sockets()", &raw); err != nil {
		return nil, err
	}
	if string(raw) == "{}" {
		return nil, nil
	}
	var rows [][2]json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, fmt.Errorf("cannot understand the sockets %.80q: %w", raw, err)
	}
	sockets := make([]udpSocket, len(rows))
	for i, r := range rows {
		if err := errors.Join(json.Unmarshal(r[0], &sockets[i].fd), json.Unmarshal(r[1], &sockets[i].address)); err != nil {
			return nil, fmt.Errorf("cannot understand the sockets %.80q: %w", raw, err)
		}
	}
	return sockets, nil
}

// servers counts the unconnected UDP sockets of this user for each local
// address, written as in /proc/net/udp. Only sockets of one user can share an
// address (SO_REUSEPORT in socket(7)).
func servers() (map[string]int, error) {
	// Not /proc/net, which is not there with ProcSubset=pid (systemd.exec(5)).
	fs, err := procfs.NewFS("/proc/self")
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	uid := uint64(os.Getuid())
	add := func(lines procfs.NetUDP) {
		for _, l := range lines {
			if l.UID == uid && l.RemAddr.IsUnspecified() && l.RemPort == 0 {
				count[procAddress(l.LocalAddr)+fmt.Sprintf(":%04X", l.LocalPort)]++
			}
		}
	}
	v4, err := fs.NetUDP()
	if err != nil {
		return nil, err
	}
	add(v4)
	v6, err := fs.NetUDP6()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	add(v6)
	return count, nil
}

// procAddress writes an address as the kernel does in /proc/net/udp: words of
// 32 bits in the byte order of the machine.
func procAddress(ip []byte) string {
	var b strings.Builder
	for i := 0; i+4 <= len(ip); i += 4 {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(ip[i:]))
	}
	return b.String()
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
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", path, ctx.Err())
		case <-time.After(drainPoll):
		}
	}
}
