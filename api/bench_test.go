// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"kresd-manager/api"
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
