// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bytes"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// Requests notes how long requests to the API took. It is safe for concurrent use.
type Requests struct {
	registry *prometheus.Registry
	took     *prometheus.HistogramVec
}

// NewRequests returns one that has seen no request.
func NewRequests() *Requests {
	r := &Requests{prometheus.NewRegistry(), prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "kresd_manager_api_request_duration_seconds",
		Help:    "How long requests to the API took, by what they are for and the class of the status; streams are not counted.",
		Buckets: []float64{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60},
	}, []string{"class", "status"})}
	r.registry.MustRegister(r.took)
	return r
}

// Note notes a request. There must be few classes; status is that of HTTP.
func (r *Requests) Note(class string, status int, took time.Duration) {
	r.took.WithLabelValues(class, fmt.Sprintf("%dxx", status/100)).Observe(took.Seconds())
}

// Text is what was noted, in the text format of Prometheus.
func (r *Requests) Text() ([]byte, error) {
	families, err := r.registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("cannot collect metrics: %w", err)
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, fmt.Errorf("cannot write metrics: %w", err)
		}
	}
	return b.Bytes(), nil
}
