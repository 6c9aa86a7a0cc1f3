// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/api"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/internal/top"
)

// BenchmarkGetConfig is the whole round trip over a unix socket on a connection
// that stays open, client included. The median must stay below 0.1 ms.
func BenchmarkGetConfig(b *testing.B) {
	s := serve(b, api.Options{})
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		resp, err := s.http.Get("http://localhost/v1/config")
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp.StatusCode, err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-median")
}

// counting are workers that count as much as real ones: about 60 numbers each.
type counting struct{ manager.Workers }

func (counting) Statistics(context.Context, string) (json.RawMessage, error) { return counts(), nil }

var counts = sync.OnceValue(func() json.RawMessage {
	all := map[string]map[string]int{}
	for section, n := range map[string]int{"answer": 22, "request": 20, "query": 4, "cache": 18} {
		all[section] = map[string]int{}
		for i := range n {
			all[section][fmt.Sprintf("counter-%d", i)] = 1000 * i
		}
	}
	all["answer"]["total"], all["answer"]["1ms"], all["answer"]["10ms"] = 1e6, 9e5, 1e5
	text, _ := json.Marshal(all)
	return text
})

// BenchmarkSample is what a sample for the pages takes of the manager alone, every two
// seconds: without systemd, and without the sockets of workers.
func BenchmarkSample(b *testing.B) {
	for _, workers := range []int{2, 20, 64} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			m := inmemory.New(b, fmt.Sprintf("workers: %d\n", workers), func(o *manager.Options) {
				o.Host.CPUs, o.Workers = 8, counting{o.Workers}
			})
			b.ReportAllocs()
			before, err := m.Reading(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			began, samples := used(b), 0
			for ; b.Loop(); samples++ {
				now, err := m.Reading(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if _, err := json.Marshal(top.Sample{Figures: top.Between(before, now)}); err != nil {
					b.Fatal(err)
				}
				before = now
			}
			b.ReportMetric(float64((used(b)-began).Microseconds())/float64(samples), "µs-cpu/op")
		})
	}
}

// used is the processor time that this process has taken.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
