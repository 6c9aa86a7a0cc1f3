// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// greetingTime is how long a worker may take to greet. One that works does so
// within its turn of a few milliseconds.
const greetingTime = 2 * time.Second

// Clear says what to remove from the cache: a Name with all below it, or
// everything. With Exact it is the name alone, and of it only records of Type
// if that is set. Chunk is how many entries go at a time, 0 for the default.
type Clear struct {
	Name  string
	Exact bool
	Type  string
	Chunk int
}

// defaultChunk is how many entries Knot Resolver's own manager has removed at
// a time.
const defaultChunk = 100

// expression is the Lua of it. A type that kresd does not know would be none,
// which is all types, so it is looked at first.
func (c Clear) expression() string {
	name := "nil"
	if c.Name != "" {
		name = luaQuote(c.Name)
	}
	if c.Type != "" {
		return fmt.Sprintf("(function() local t = kres.type[%s] if not t then error(%s, 0) end return cache.clear(%s, true, t) end)()",
			luaQuote(c.Type), luaQuote("unknown record type "+c.Type), name)
	}
	if c.Exact {
		return fmt.Sprintf("cache.clear(%s, true)", name)
	}
	chunk := c.Chunk
	if chunk == 0 {
		chunk = defaultChunk
	}
	return fmt.Sprintf("cache.clear(%s, false, nil, %d)", name, chunk)
}

// ClearCache has a worker clear the cache, which all workers share, and returns
// what it says of it: a JSON object. A worker that does not greet within two
// seconds is not waited for; what it refuses is a *LuaError.
func ClearCache(ctx context.Context, socket string, what Clear) (json.RawMessage, error) {
	greeting, cancel := context.WithTimeout(ctx, greetingTime)
	defer cancel()
	alive, err := Dial(greeting, socket)
	if err != nil {
		return nil, err
	}
	alive.Close()
	c, err := Dial(ctx, socket)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var said json.RawMessage
	if err := c.Eval(what.expression(), &said); err != nil {
		return nil, fmt.Errorf("cannot clear the cache: %w", err)
	}
	return said, nil
}
