// SPDX-License-Identifier: Apache-2.0

// Package sampler reads counters again and again while somebody listens, and tells all
// who do what happened in between. Without listeners it has no goroutine and no timer
// that goes on, and after a while no memory.
package sampler

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"kresd-manager/internal/top"
)

// History is what is known of the past, in columns: When[i] is the end of the interval of
// which each series has its i-th figure, null where that is not known. Every is how long
// intervals are, in seconds; where no one listened there are none.
type History struct {
	Every  float64                 `json:"every"`
	When   []float64               `json:"when"`
	Series map[string][]top.Number `json:"series"`
}

// Options are the circumstances of a [Sampler].
type Options struct {
	// Read returns what the counters stand at.
	Read func(ctx context.Context) (top.Reading, error)
	// Every is the time between two readings, and Keep how long samples are remembered.
	Every, Keep time.Duration
	// Linger is how long they are remembered when no one listens any more.
	Linger time.Duration
}

// Sampler is safe for concurrent use.
type Sampler struct {
	o Options

	mu        sync.Mutex
	listeners map[chan json.RawMessage]struct{}
	stop      context.CancelFunc // of the goroutine that reads, nil if there is none
	ring      ring
	forget    *time.Timer // nil while someone listens
}

// New returns a sampler that does nothing until someone listens.
func New(o Options) *Sampler { return &Sampler{o: o} }

// Listen returns what is known of the past, and each [top.Sample] from now on, in JSON, until
// the context ends, which closes the channel. Who does not read in time misses samples.
func (s *Sampler) Listen(ctx context.Context) (past History, samples <-chan json.RawMessage) {
	more := make(chan json.RawMessage, 2)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners == nil {
		s.listeners = map[chan json.RawMessage]struct{}{}
	}
	s.listeners[more] = struct{}{}
	if s.forget != nil {
		s.forget.Stop()
		s.forget = nil
	}
	if s.stop == nil {
		reading, cancel := context.WithCancel(context.Background())
		s.stop = cancel
		go s.run(reading)
	}
	context.AfterFunc(ctx, func() { s.leave(more) })
	return s.ring.history(s.o.Every), more
}

func (s *Sampler) leave(l chan json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
	close(l)
	if len(s.listeners) > 0 {
		return
	}
	s.stop()
	s.stop, s.listeners = nil, nil
	var t *time.Timer
	t = time.AfterFunc(s.o.Linger, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.forget == t {
			s.ring, s.forget = ring{}, nil
		}
	})
	s.forget = t
}

// run reads until no one listens. The first interval is short: who has just come waits
// for it.
func (s *Sampler) run(ctx context.Context) {
	before, _ := s.o.Read(ctx) // or the next one shows why not
	wait := s.o.Every / 4
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		began := time.Now()
		now, err := s.o.Read(ctx)
		if ctx.Err() != nil {
			return
		}
		sample := top.Sample{When: seconds(began)}
		switch {
		case err != nil:
			sample.Figures, sample.Error = top.Unread(), err.Error()
		case before.When.IsZero(): // nothing to compare with
			before = now
			continue
		default:
			sample.Figures = top.Between(before, now)
			sample.When = seconds(now.When)
			before = now
		}
		s.tell(ctx, sample)
		wait = max(s.o.Every-time.Since(began), s.o.Every/2) // a slow system is not asked all the time
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// tell remembers a sample and passes it on, in one text for all.
func (s *Sampler) tell(ctx context.Context, sample top.Sample) {
	text, err := json.Marshal(sample)
	if err != nil {
		text = fmt.Appendf(nil, `{"when":%.3f}`, sample.When) // numbers and texts do encode
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return // another one reads by now
	}
	s.ring.add(&sample, int(s.o.Keep/s.o.Every))
	for l := range s.listeners {
		select {
		case l <- text:
		default:
		}
	}
}
