// SPDX-License-Identifier: Apache-2.0

package pulse

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// told is when systemd was told what.
type told struct {
	mu       sync.Mutex
	began    time.Time
	watchdog []time.Duration // since the begin
	until    []time.Duration // how far the time was extended
}

func (s *told) notify(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.SplitSeq(state, "\n") {
		var usec int64
		if line == "WATCHDOG=1" {
			s.watchdog = append(s.watchdog, time.Since(s.began))
		} else if n, err := fmt.Sscanf(line, "EXTEND_TIMEOUT_USEC=%d", &usec); n == 1 && err == nil {
			s.until = append(s.until, time.Since(s.began)+time.Duration(usec)*time.Microsecond)
		} else {
			panic(line)
		}
	}
}

// fed reports whether a watchdog was satisfied until some time.
func (s *told) fed(watchdog, until time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := time.Duration(0)
	for _, at := range s.watchdog {
		if at-last > watchdog {
			return false
		}
		last = at
	}
	return until-last <= watchdog
}

func (s *told) lastWatchdog() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.watchdog) == 0 {
		return -1
	}
	return s.watchdog[len(s.watchdog)-1]
}

func (s *told) lastUntil() (last time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.until {
		last = max(last, u)
	}
	return last
}

// in runs a test with a pulse whose systemd has a watchdog.
func in(t *testing.T, watchdog time.Duration, test func(p *Pulse, s *told)) {
	synctest.Test(t, func(t *testing.T) {
		s := &told{began: time.Now()}
		p := New(s.notify, watchdog, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })
		defer running.Wait()
		defer cancel()
		test(p, s)
	})
}

func TestALoopThatTurnsFeedsTheWatchdog(t *testing.T) {
	for _, watchdog := range []time.Duration{time.Second, 10 * time.Second, 3 * time.Minute, time.Hour} {
		in(t, watchdog, func(p *Pulse, s *told) {
			for range 180 {
				time.Sleep(time.Minute)
				p.Beat()
			}
			if !s.fed(watchdog, 3*time.Hour) {
				t.Errorf("a watchdog of %s bites", watchdog)
			}
			if len(s.until) > 0 {
				t.Errorf("more time is asked for while no one waits: %v", s.until)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if n := len(s.watchdog); watchdog == 3*time.Minute && n > 181 {
				t.Errorf("woken %d times in 3 hours for a watchdog of %s", n, watchdog)
			}
		})
	}
}

// Who runs each minute tells then, and is not woken once more.
func TestALoopThatTurnsIsNotWoken(t *testing.T) {
	in(t, 3*time.Minute, func(p *Pulse, s *told) {
		for range 60 {
			time.Sleep(time.Minute - time.Second)
			p.Beat()
			p.Beat() // soon after each other is once
			synctest.Wait()
			time.Sleep(time.Second)
			p.Beat()
			synctest.Wait()
		}
		if !s.fed(3*time.Minute, time.Hour) {
			t.Error("the watchdog bites")
		}
		for i, at := range s.watchdog[1:] { // the first is at the begin
			if (at+time.Second)%time.Minute != 0 {
				t.Fatalf("woken at %s to tell, %s after the last time", at, at-s.watchdog[i])
			}
		}
	})
}

func TestALoopThatHangsDoesNot(t *testing.T) {
	in(t, 3*time.Minute, func(p *Pulse, s *told) {
		time.Sleep(10 * time.Second)
		p.Beat()
		time.Sleep(time.Hour)
		if last := s.lastWatchdog(); last > 10*time.Second+turnTime {
			t.Errorf("fed after %s", last)
		}
		p.Beat() // it was only slow
		time.Sleep(time.Minute)
		if last := s.lastWatchdog(); last < time.Hour {
			t.Errorf("not fed any more: %s", last)
		}
	})
}

func TestAStepHasItsOwnTime(t *testing.T) {
	const load = 620 * time.Second
	in(t, time.Minute, func(p *Pulse, s *told) {
		end := p.Step(load)
		p.Step(time.Second)() // of another unit, which does not shorten it
		time.Sleep(load - time.Second)
		if !s.fed(time.Minute, load-time.Second) {
			t.Error("the watchdog bites in a step that is allowed to take so long")
		}
		end()
		time.Sleep(turnTime - time.Second)
		if !s.fed(time.Minute, load+turnTime-2*time.Second) {
			t.Error("the watchdog bites right after a step")
		}
		time.Sleep(time.Hour)
		if last := s.lastWatchdog(); last > load+turnTime {
			t.Errorf("fed by a step that has ended, after %s", last)
		}
	})
	in(t, time.Minute, func(p *Pulse, s *told) {
		p.Step(load) // and never again
		time.Sleep(time.Hour)
		if last := s.lastWatchdog(); last > load {
			t.Errorf("fed by a step that hangs, after %s", last)
		}
	})
}

// systemd gets no more time out of a task than its steps may take.
func TestATaskGetsAsMuchTimeAsThereIsProgress(t *testing.T) {
	in(t, 0, func(p *Pulse, s *told) {
		time.Sleep(time.Minute)
		s.began = time.Now()
		end := p.Task()
		synctest.Wait()
		if s.lastUntil() != extension {
			t.Errorf("at once it was given %s", s.lastUntil())
		}
		for range 10 { // ten workers, slowly
			stop := p.Step(100 * time.Second)
			time.Sleep(90 * time.Second)
			stop()
			if now := time.Since(s.began); s.lastUntil() <= now {
				t.Fatalf("after %s systemd has given up, at %s", now, s.lastUntil())
			}
		}
		time.Sleep(time.Hour) // and then it hangs
		if last := s.lastUntil(); last > 900*time.Second+turnTime {
			t.Errorf("a task that hangs was given time until %s", last)
		}
		end()
		asked := len(s.until)
		for range 60 {
			time.Sleep(time.Minute)
			p.Beat()
		}
		if len(s.until) > asked {
			t.Error("more time is asked for after the end of the task")
		}
		if len(s.watchdog) > 0 {
			t.Errorf("no one has asked for a watchdog: %v", s.watchdog)
		}
	})
}

func TestAStallIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text strings.Builder
		p := New(func(string) {}, time.Minute, slog.New(slog.NewTextHandler(&text, nil)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		p.Run(ctx)
		if n := strings.Count(text.String(), "level=ERROR msg=\"no progress"); n != 1 {
			t.Errorf("%d times:\n%s", n, text.String())
		}
	})
}

func TestNoPulse(t *testing.T) {
	var p *Pulse
	p.Beat()
	p.Step(time.Second)()
	p.Task()()
	p.Run(t.Context())
}
