// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// Seen is what a worker is found to be.
type Seen struct {
	// PID is the process that listens on the control socket, 0 if the kernel does
	// not tell.
	PID int
	// RuleDB is the line of its /proc/PID/maps with the rule database that it has
	// open (proc_pid_maps(5)), "" if unknown.
	RuleDB string
}

// ruleDB finds the mapped rule database. The manager is another user, who may not
// read the maps of a worker.
const ruleDB = `(function() for l in io.lines('/proc/self/maps') do if l:find('/ruledb/data.mdb', 1, true) then return l end end return '' end)()`

// Look asks a worker what it is, which costs it less than a query does. The error
// tells that it cannot be reached, or does not answer before the context ends
// ([os.ErrDeadlineExceeded]).
func Look(ctx context.Context, socket string) (Seen, error) {
	c, err := Dial(ctx, socket)
	if err != nil {
		return Seen{}, err
	}
	defer c.Close()
	s := Seen{PID: c.peer()}
	if err := c.Eval(ruleDB, &s.RuleDB); err != nil {
		return s, fmt.Errorf("cannot look at the worker: %w", err)
	}
	return s, nil
}

// Alive asks a worker for nothing but a sign of life: its event loop greets. It returns
// the process that listens on the control socket, 0 if the kernel does not tell. Errors
// are those of Look.
func Alive(ctx context.Context, socket string) (pid int, err error) {
	c, err := Dial(ctx, socket)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.peer(), nil
}

// peer is the process that listens (SO_PEERCRED in unix(7)), 0 if unknown.
func (c *Conn) peer() int {
	u, ok := c.c.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0
	}
	pid := 0
	_ = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	return pid
}
