// SPDX-License-Identifier: Apache-2.0

// Package kresd talks to running workers over their control sockets: it sends
// Lua expressions, probes, resets the rules and drains. Which worker to talk
// to, and when, is decided elsewhere.
package kresd

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// maxReply bounds an answer, bytes. The largest ones, statistics, have some
// ten kilobytes.
const maxReply = 16 << 20

// LuaError is what a worker answers when an expression fails.
type LuaError struct{ Message string }

func (e *LuaError) Error() string { return e.Message }

// Socket returns the path of the control socket of an instance.
func Socket(rundir, instance string) string { return filepath.Join(rundir, "control", instance) }

// drainLock is what drains of one run directory take turns by, in the working
// directory of the workers: the run directory itself is root's.
func drainLock(rundir string) string { return filepath.Join(rundir, "work", "drain.lock") }

// Conn is a connection to one worker. It serves one caller at a time.
type Conn struct{ c net.Conn }

// Dial connects to a control socket. The connection fails all calls after the
// deadline of the context, so that a worker that hangs holds no one up.
func Dial(ctx context.Context, socket string) (*Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the worker: %w", err)
	}
	if t, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(t)
	} else {
		_ = c.SetDeadline(time.Now().Add(time.Minute))
	}
	// The worker greets with a prompt of two bytes and answers in JSON, each
	// answer after its length, from this line on.
	if _, err := io.WriteString(c, "__json\n"); err != nil {
		c.Close()
		return nil, fmt.Errorf("cannot write to the worker: %w", err)
	}
	if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
		c.Close()
		return nil, fmt.Errorf("cannot read from the worker: %w", err)
	}
	return &Conn{c}, nil
}

// Close ends the connection.
func (c *Conn) Close() { c.c.Close() }

// Eval evaluates one Lua expression, which must be a single line, and stores
// its value in result unless that is nil. An expression that fails gives a
// *LuaError.
func (c *Conn) Eval(expression string, result any) error {
	if strings.ContainsAny(expression, "\n\r\x00") {
		return fmt.Errorf("cannot send %q: a command is one line", expression)
	}
	if _, err := io.WriteString(c.c, expression+"\n"); err != nil {
		return fmt.Errorf("cannot write to the worker: %w", err)
	}
	var size [4]byte
	if _, err := io.ReadFull(c.c, size[:]); err != nil {
		return fmt.Errorf("cannot read from the worker: %w", err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxReply {
		return fmt.Errorf("cannot read an answer of %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.c, body); err != nil {
		return fmt.Errorf("cannot read from the worker: %w", err)
	}
	// A value is JSON; an error comes as plain text in the same frame; a
	// statement that has no value answers nothing.
	if len(body) > 0 && !json.Valid(body) {
		return &LuaError{Message: strings.TrimSpace(string(body))}
	}
	if result == nil || len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, result); err != nil {
		return fmt.Errorf("cannot understand the answer %.80q: %w", body, err)
	}
	return nil
}
