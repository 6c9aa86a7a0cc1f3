// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/internal/top"
	"kresd-manager/units"
)

// source counts ten queries a reading.
type source struct {
	sync.Mutex
	read  int
	fails bool
}

func (s *source) reading(context.Context) (top.Reading, error) {
	s.Lock()
	defer s.Unlock()
	if s.fails {
		return top.Reading{}, errors.New("no bus")
	}
	s.read++
	total := float64(10 * s.read)
	return top.Reading{
		When:   time.Unix(int64(1000+s.read), 0),
		Counts: map[string]map[string]map[string]float64{"kresd:kresd1": {"answer": {"total": total, "noerror": total, "1ms": total}, "request": {"total": total, "udp": total}}},
		Units:  []units.UnitStatus{{Unit: "kresd@1.service", Role: units.RoleWorker, Active: "active", PID: 7, Memory: 1 << 20}},
		Cache:  units.CacheStatistics{Usage: 12.5, Entries: 9, SizeBytes: 100},
	}, nil
}

func (s *source) count() int {
	s.Lock()
	defer s.Unlock()
	return s.read
}

func sampler(src *source) *Sampler {
	return New(Options{Read: src.reading, Every: 4 * time.Millisecond, Keep: 40 * time.Millisecond, Linger: time.Hour})
}

func TestEveryoneHearsTheSame(t *testing.T) {
	src := &source{}
	s := sampler(src)
	ctx, cancel := context.WithCancel(t.Context())
	past, one := s.Listen(ctx)
	if len(past.When) != 0 || past.Every != 0.004 {
		t.Errorf("%+v", past)
	}
	_, other := s.Listen(ctx)
	first := <-one
	if string(first) != string(<-other) {
		t.Error("two listeners hear different things")
	}
	var got struct {
		When      float64
		Seconds   float64
		All       map[string]any
		Workers   []map[string]any
		Protocols map[string]float64
		Usage     float64 `json:"cache-usage-percent"`
	}
	if err := json.Unmarshal(first, &got); err != nil {
		t.Fatal(err)
	}
	if got.When != 1002 || got.Seconds != 1 || got.All["queries-per-second"] != 10.0 || got.Workers[0]["unit"] != "kresd@1.service" || got.Protocols["udp"] != 10 || got.Usage != 12.5 {
		t.Errorf("%s", first)
	}
	for range 20 {
		<-one
	}
	// Who comes later is told the past, as far as it is kept.
	late, stop := context.WithCancel(t.Context())
	past, _ = s.Listen(late)
	stop()
	if len(past.When) != 10 {
		t.Fatalf("%d samples of the past", len(past.When))
	}
	for i, when := range past.When {
		if i > 0 && when != past.When[i-1]+1 {
			t.Errorf("out of order: %v", past.When)
		}
		if past.Series["queries-per-second"][i] != 10 || past.Series["udp-per-second"][i] != 10 || past.Series["doq-per-second"][i].Known() {
			t.Errorf("%d: %+v", i, past.Series)
		}
	}
	text, err := json.Marshal(past)
	if err != nil || !strings.Contains(string(text), `"doq-per-second":[null,`) {
		t.Errorf("%s %v", text, err)
	}
	cancel()
	for range one { // is closed
	}
}

// Without listeners nothing is read, and after a while nothing is remembered.
func TestNoOneCostsNothing(t *testing.T) {
	src := &source{}
	s := New(Options{Read: src.reading, Every: time.Millisecond, Keep: time.Second, Linger: 20 * time.Millisecond})
	if src.count() != 0 {
		t.Error("it reads without listeners")
	}
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	_, more := s.Listen(ctx)
	<-more
	cancel()
	for range more {
	}
	for range 5000 { // the goroutine ends with its reading
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, and %d before", n, before)
	}
	read := src.count()
	for range 5000 {
		s.mu.Lock()
		left := len(s.ring.rows)
		s.mu.Unlock()
		if left == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ring.rows != nil || s.listeners != nil || s.forget != nil || src.count() != read {
		t.Errorf("%d rows are left, %d readings after the end", len(s.ring.rows), src.count()-read)
	}
}

// Who does not read holds up no one.
func TestASlowListener(t *testing.T) {
	s := sampler(&source{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, slow := s.Listen(ctx)
	_, quick := s.Listen(ctx)
	var last json.RawMessage
	for range 20 {
		last = <-quick
	}
	if string(<-slow) == string(last) {
		t.Error("the first it hears is the last")
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	src := &source{fails: true}
	s := sampler(src)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, more := s.Listen(ctx)
	if text := string(<-more); !strings.Contains(text, `"error":"no bus"`) || !strings.Contains(text, `"queries-per-second":null`) {
		t.Error(text)
	}
	s.mu.Lock()
	row := s.ring.rows[0]
	s.mu.Unlock()
	for i, v := range row {
		if !math.IsNaN(float64(v)) {
			t.Errorf("figure %d is %g", i, v)
		}
	}
	src.Lock()
	src.fails = false
	src.Unlock()
	for range 1000 {
		if text := string(<-more); strings.Contains(text, `"queries-per-second":10.000`) {
			return
		}
	}
	t.Error("it does not come back")
}

func BenchmarkHistory(b *testing.B) {
	var r ring
	f := top.Unread()
	f.All.Queries = 12345.678
	for i := range 450 {
		r.add(&top.Sample{When: float64(i), Figures: f}, 450)
	}
	b.ReportAllocs()
	for b.Loop() {
		text, _ := json.Marshal(r.history(2 * time.Second))
		b.ReportMetric(float64(len(text)), "bytes")
	}
}
