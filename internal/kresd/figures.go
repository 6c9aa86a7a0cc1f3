// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Figures are all numbers of a worker, asked for at once.
type Figures struct {
	// Counts is what Statistics returns.
	Counts json.RawMessage `json:"counts"`
	// Cache is nil if there is none.
	Cache *CacheStatistics `json:"cache"`
	Work  Work             `json:"work"`
	// RoundTrips are of the last answers of servers, 512 at most.
	RoundTrips RoundTrips `json:"rtt"`
	// Delay is how long the worker took to notice a client at its control socket: one
	// turn of its event loop, for which clients at its other sockets wait as well.
	Delay time.Duration `json:"-"`
}

// Work is what a worker counts of itself since it started.
type Work struct {
	Concurrent float64 `json:"concurrent"` // requests in progress
	Dropped    float64 `json:"dropped"`
	// Queries to servers by protocol, and those that were not answered in time.
	UDP      float64 `json:"udp"`
	TCP      float64 `json:"tcp"`
	TLS      float64 `json:"tls"`
	Timeouts float64 `json:"timeout"`
}

// RoundTrips sum up times from a query to the answer of a server.
type RoundTrips struct {
	Answers int `json:"n"`
	// Milliseconds that half, 95 and 99 of a hundred answers took at most.
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// allFigures has the worker sum up the times: it has 512 of them. What is not counted
// by module stats must not hide what is. A command is one line.
var allFigures = strings.Join(strings.Fields(`(function()
	if not stats then modules.load('stats') end
	local r = { counts = stats.list(), work = worker.stats() }
	local ok, c = pcall(cache.stats)
	if ok and type(c) == 'table' then
		r.cache = { count_entries = c.count_entries, usage_percent = c.usage_percent, size = tonumber(cache.current_size),
			read = c.read, read_miss = c.read_miss, write = c.write }
	end
	local t = {}
	local ok, servers = pcall(stats.upstreams)
	if ok and type(servers) == 'table' then
		for _, times in pairs(servers) do
			for _, ms in ipairs(times) do t[#t + 1] = ms end
		end
	end
	table.sort(t)
	local function at(share) return t[math.max(1, math.ceil(share * #t))] or 0 end
	r.rtt = { n = #t, p50 = at(0.5), p95 = at(0.95), p99 = at(0.99) }
	return r
end)()`), " ")

// AllFigures asks a worker for all its numbers, over one connection.
func AllFigures(ctx context.Context, socket string) (f Figures, err error) {
	began := time.Now()
	c, err := Dial(ctx, socket)
	if err != nil {
		return f, err
	}
	defer c.Close()
	delay := time.Since(began)
	if err := c.Eval(allFigures, &f); err != nil {
		return Figures{}, fmt.Errorf("cannot get statistics: %w", err)
	}
	if err := isCounts(f.Counts); err != nil {
		return Figures{}, err
	}
	f.Delay = delay
	return f, nil
}

// isCounts holds what a worker gave to be an object of objects.
func isCounts(counts json.RawMessage) error {
	var object map[string]map[string]any
	if err := json.Unmarshal(counts, &object); err != nil || object == nil {
		return fmt.Errorf("cannot get statistics: %.80q is something else", counts)
	}
	return nil
}
