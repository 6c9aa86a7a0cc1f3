// SPDX-License-Identifier: Apache-2.0

package units

import (
	"slices"
	"strings"
	"time"
)

// Upstreams is what workers have found out of the servers that they ask.
type Upstreams struct {
	// Servers are those that answered lately, the slowest median first.
	Servers []Upstream `json:"servers"`
	// Workers have the queries of each worker that no server answered in time.
	Workers []UpstreamWorker `json:"workers"`
}

// Upstream is a server that workers have asked.
type Upstream struct {
	Address string `json:"address"`
	// Answers is how many of its answers are known. A worker keeps the last 512 of all
	// servers together.
	Answers int `json:"answers"`
	// Times from query to answer: the shortest, the median, the 95th percentile, the
	// longest.
	Min    Seconds `json:"min"`
	Median Seconds `json:"median"`
	P95    Seconds `json:"p95"`
	Max    Seconds `json:"max"`
}

// UpstreamWorker is what one worker has counted since it started.
type UpstreamWorker struct {
	Unit string `json:"unit"`
	// Queries to servers, over UDP and over TCP or TLS, and those not answered in time.
	UDP      int `json:"udp"`
	TCP      int `json:"tcp"`
	Timeouts int `json:"timeouts"`
	// Error is why the worker gave nothing, "" if it did.
	Error string `json:"error,omitempty"`
}

// RoundTrips are the times, in milliseconds, of the last answers of each server.
type RoundTrips map[string][]float64

// MergeUpstreams puts together what several workers have found out.
func MergeUpstreams(workers []RoundTrips) []Upstream {
	all := RoundTrips{}
	for _, w := range workers {
		for address, times := range w {
			all[address] = append(all[address], times...)
		}
	}
	merged := []Upstream{}
	for address, times := range all {
		if len(times) == 0 {
			continue
		}
		slices.Sort(times)
		at := func(q int) Seconds { // the nearest rank
			rank := (len(times)*q + 99) / 100
			return Seconds(times[max(rank, 1)-1] * float64(time.Millisecond))
		}
		merged = append(merged, Upstream{
			Address: address, Answers: len(times), Min: at(0), Median: at(50), P95: at(95), Max: at(100),
		})
	}
	slices.SortFunc(merged, func(a, b Upstream) int {
		if a.Median != b.Median {
			return int(max(min(b.Median-a.Median, 1), -1))
		}
		return strings.Compare(a.Address, b.Address)
	})
	return merged
}
