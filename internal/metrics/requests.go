// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"sync"
	"time"

	"kresd-manager/internal/metrics/exposition"
)

var requestsDesc = newDesc("api_request_duration_seconds",
	"How long requests to the API took, by what they are for and the class of the status; streams are not counted.", "class", "status")

// requestBounds are for requests, in seconds.
var requestBounds = []float64{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60}

// Requests notes how long requests to the API took. It is safe for concurrent use.
type Requests struct {
	mu sync.Mutex
	by map[[2]string]*Times // class and status
}

// NewRequests returns one that has seen no request.
func NewRequests() *Requests { return &Requests{by: map[[2]string]*Times{}} }

// Note notes a request. There must be few classes; status is that of HTTP.
func (r *Requests) Note(class string, status int, took time.Duration) {
	key := [2]string{class, fmt.Sprintf("%dxx", status/100)}
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.by[key]
	if t == nil {
		t = &Times{Buckets: map[float64]uint64{}}
		r.by[key] = t
	}
	t.note(took, requestBounds)
}

// Text is what was noted, in the text format of Prometheus.
func (r *Requests) Text() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out exposition.Text
	for key, t := range r.by {
		t.send(&out, requestsDesc, key[:]...)
	}
	return out.Bytes()
}
