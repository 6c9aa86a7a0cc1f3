// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/json"
	"fmt"
)

// CacheStatistics are counters of the cache as one worker has them.
type CacheStatistics struct {
	// Entries, Usage in percent, and the size are those of the cache that all workers share.
	Entries   int64   `json:"count_entries"`
	Usage     float64 `json:"usage_percent"`
	SizeBytes int64   `json:"size"`
	// What this worker has done since it started.
	Reads  int64 `json:"read"`
	Misses int64 `json:"read_miss"`
	Writes int64 `json:"write"`
}

// Cache asks a worker for the counters of its cache.
func Cache(ctx context.Context, socket string) (s CacheStatistics, err error) {
	err = evalOnce(ctx, socket, "(function() local s = cache.stats() s.size = cache.current_size return s end)()", &s)
	return s, err
}

// Version asks a worker for the version of its program, as "6.5.0".
func Version(ctx context.Context, socket string) (v string, err error) {
	err = evalOnce(ctx, socket, "package_version()", &v)
	return v, err
}

// Upstreams is what a worker knows of the servers that it asks.
type Upstreams struct {
	// RTT are the milliseconds of the last answers, by address; there are at most 512.
	RTT map[string]list[float64] `json:"rtt"`
	// Since the worker started: queries to servers by protocol, and those that were not
	// answered in time.
	UDP      int `json:"udp"`
	TCP      int `json:"tcp"`
	TLS      int `json:"tls"`
	Timeouts int `json:"timeout"`
}

// askUpstreams loads the module that notes times unless it is loaded, as for statistics.
const askUpstreams = "(function() if not stats then modules.load('stats') end local w = worker.stats() " +
	"return { rtt = stats.upstreams(), udp = w.udp, tcp = w.tcp, tls = w.tls, timeout = w.timeout } end)()"

// AskUpstreams asks a worker what it knows of the servers that it asks.
func AskUpstreams(ctx context.Context, socket string) (u Upstreams, err error) {
	err = evalOnce(ctx, socket, askUpstreams, &u)
	return u, err
}

func evalOnce(ctx context.Context, socket, expression string, result any) error {
	c, err := Dial(ctx, socket)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Eval(expression, result); err != nil {
		return fmt.Errorf("cannot ask the worker: %w", err)
	}
	return nil
}

// list is a list in JSON. Lua writes one without elements as an object.
type list[T any] []T

// UnmarshalJSON takes {} for an empty list.
func (l *list[T]) UnmarshalJSON(text []byte) error {
	if string(text) == "{}" {
		*l = nil
		return nil
	}
	return json.Unmarshal(text, (*[]T)(l))
}

// Times notes milliseconds of a server, for who stands in for a worker.
func (u *Upstreams) Times(address string, ms ...float64) {
	if u.RTT == nil {
		u.RTT = map[string]list[float64]{}
	}
	u.RTT[address] = append(u.RTT[address], ms...)
}
