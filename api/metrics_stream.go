// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"kresd-manager/internal/sampler"
)

// Samples of statistics: as often as kresctl top shows them, for a quarter of an hour.
const (
	sampleEvery  = 2 * time.Second
	sampleKeep   = 15 * time.Minute
	sampleLinger = time.Minute
)

func newSampler(c Controller) *sampler.Sampler {
	return sampler.New(sampler.Options{Read: c.Reading, Every: sampleEvery, Keep: sampleKeep, Linger: sampleLinger})
}

// streamMetrics streams what workers do, as server-sent events: the past first, then a
// sample every two seconds. All listeners get the same samples.
func (h *handlers) streamMetrics(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	giveBack, err := h.samples.take(w, r)
	if err != nil {
		return err
	}
	defer giveBack()
	if r.Method == http.MethodHead {
		h.stream(w, r, nil)
		return nil
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	past, more := h.sampler.Listen(ctx)
	text, err := json.Marshal(past)
	if err != nil {
		return fmt.Errorf("cannot encode the answer: %w", err)
	}
	texts := make(chan []byte)
	go func() {
		defer close(texts)
		tell := func(kind string, data []byte) {
			select {
			case texts <- fmt.Appendf(nil, "event: %s\ndata: %s\n\n", kind, data):
			case <-ctx.Done():
			}
		}
		tell("history", text)
		text = nil
		for sample := range more {
			tell("sample", sample)
		}
	}()
	h.stream(w, r, texts)
	return nil
}
