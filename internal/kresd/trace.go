// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// traceLua is what follows a request inside a worker.
//
//go:embed trace.lua
var traceLua string

// traceInterval is how often a request that goes on is looked at.
const traceInterval = 10 * time.Millisecond

// forgetTime is how long a worker may take to be told to forget a request.
const forgetTime = time.Second

// Question is a request to follow: Type of Name as From, an address, would ask; ""
// is the worker itself.
type Question struct{ Name, Type, From string }

// Trace is what came of a request, with what the daemon says of it.
type Trace struct {
	// RCode is nil if there was no answer.
	RCode  *int         `json:"rcode"`
	Secure bool         `json:"ad"`
	Answer list[string] `json:"answer"`
	// Error is a code of RFC 8914, with its text.
	Error     *int   `json:"ede"`
	ErrorText string `json:"ede_text"`
	// Took is in milliseconds.
	Took  float64         `json:"took"`
	Lines list[TraceLine] `json:"lines"`
	Cut   bool            `json:"cut"`
}

// TraceLine is a message of the daemon, At milliseconds after the request began.
type TraceLine struct {
	At   float64 `json:"at"`
	Line string  `json:"line"`
}

// Follow has a worker resolve a name, and returns what it says of that, without any
// change of its logging. It ends with the request or with the context; then the worker
// is told to forget it. What the worker refuses is a *LuaError.
func Follow(ctx context.Context, socket string, q Question) (Trace, error) {
	c, err := Dial(ctx, socket)
	if err != nil {
		return Trace{}, err
	}
	defer c.Close()
	if err := c.teachTrace(); err != nil {
		return Trace{}, err
	}
	id := rand.Text()
	if err := c.follow(nil, "start", append([]string{id, q.Name, q.Type}, some(q.From)...)...); err != nil {
		return Trace{}, err
	}
	for {
		var t struct {
			Done bool `json:"done"`
			Trace
		}
		err := c.follow(&t, "fetch", id)
		if err == nil && t.Done {
			return t.Trace, nil
		}
		if err == nil {
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-time.After(traceInterval):
				continue
			}
		}
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
			forget(ctx, socket, id)
		}
		return Trace{}, fmt.Errorf("cannot follow the request: %w", err)
	}
}

// forget frees what a worker keeps of a request, which it would do by itself later.
func forget(ctx context.Context, socket, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTime)
	defer cancel()
	if c, err := Dial(ctx, socket); err == nil {
		defer c.Close()
		_ = c.follow(nil, "forget", id)
	}
}

// teachTrace sends traceLua unless the worker has this very text of it.
func (c *Conn) teachTrace() error {
	version := fmt.Sprintf("%x", sha256.Sum256([]byte(traceLua)))[:16]
	var known bool
	if err := c.Eval(fmt.Sprintf("kresd_manager ~= nil and kresd_manager.follows == '%s'", version), &known); err != nil {
		return fmt.Errorf("cannot ask the worker: %w", err)
	}
	if known {
		return nil
	}
	learn := fmt.Sprintf("(function() assert(loadstring(%s, '=trace'))() kresd_manager.follows = '%s' end)()", luaQuote(traceLua), version)
	if err := c.Eval(learn, nil); err != nil {
		return fmt.Errorf("cannot prepare the worker for traces: %w", err)
	}
	return nil
}

// follow calls kresd_manager.follow. Every argument is quoted byte by byte, so that none
// is read as Lua.
func (c *Conn) follow(result any, verb string, args ...string) error {
	quoted := []string{luaQuote(verb)}
	for _, a := range args {
		quoted = append(quoted, luaQuote(a))
	}
	var said rawAnswer
	if err := c.Eval("kresd_manager.follow("+strings.Join(quoted, ", ")+")", &said); err != nil {
		return err
	}
	return said.decode(result)
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
