// SPDX-License-Identifier: Apache-2.0

// Package pulse tells systemd that this process makes progress: WATCHDOG=1, and
// EXTEND_TIMEOUT_USEC= while systemd waits for something (sd_notify(3)). It is fed
// by what is done. A process that hangs is not kept alive by a clock: systemd ends
// it, and starts another one. What is done is decided elsewhere.
package pulse

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// turnTime is how long after a sign of life the next one is due, unless a step
	// says otherwise: a machine may be very busy, and a disk very slow.
	turnTime = 2 * time.Minute

	// tellTime is how often systemd is told at least while it waits for something,
	// and extension how much time is asked for at most at once: what cannot be given
	// back should not be much.
	tellTime  = 15 * time.Second
	extension = time.Minute
)

// Pulse is the progress of one process. Its methods are safe for concurrent use;
// those of a nil Pulse do nothing.
type Pulse struct {
	notify   func(state string)
	watchdog time.Duration
	log      *slog.Logger
	begun    chan struct{} // has room for one; filled when a task begins, or it is time to tell

	mu    sync.Mutex
	beat  time.Time          // of the last sign of life
	told  time.Time          // when systemd was told
	steps map[*step]struct{} // that are under way
	tasks int                // that systemd may be waiting for
	late  bool               // which is in the log
}

// step is something that takes time.
type step struct{ by time.Time }

// New returns a Pulse that tells a service manager through notify, which it calls
// in Run alone. It wants to hear WATCHDOG=1 once in the given time; 0 is never
// (sd_watchdog_enabled(3)).
func New(notify func(state string), watchdog time.Duration, log *slog.Logger) *Pulse {
	return &Pulse{notify: notify, watchdog: watchdog, log: log, begun: make(chan struct{}, 1), beat: time.Now(), told: time.Now(), steps: map[*step]struct{}{}}
}

// Beat is a sign of life: something has been done, and the next is not far away. If it has
// been a while, systemd is told while this process runs anyway, and not woken for later.
func (p *Pulse) Beat() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beat = time.Now()
	if p.watchdog > 0 && p.beat.Sub(p.told) >= p.watchdog/4 {
		p.wake()
	}
}

// wake has Run tell systemd now.
func (p *Pulse) wake() {
	select {
	case p.begun <- struct{}{}:
	default:
	}
}

// Step is a sign of life before something that may take as long as d, until end is
// called, which is one, too. Several steps can be under way.
func (p *Pulse) Step(d time.Duration) (end func()) {
	if p == nil {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beat = time.Now()
	s := &step{by: p.beat.Add(d)}
	p.steps[s] = struct{}{}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.steps, s)
		p.beat = time.Now()
	}
}

// Task is a sign of life at the begin and the end of what systemd may be waiting
// for: a start, a reload, a stop. It gets as much time as there is progress, and the
// first of it at once: systemd may have little patience.
func (p *Pulse) Task() (end func()) {
	if p == nil {
		return func() {}
	}
	count := func(n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tasks += n
		p.beat = time.Now()
	}
	count(1)
	p.wake()
	return func() { count(-1) }
}

// Run tells systemd until the context ends. It never looks at what is done but
// through the methods above.
func (p *Pulse) Run(ctx context.Context) {
	if p == nil {
		return
	}
	t := time.NewTimer(p.pause())
	defer t.Stop()
	for {
		if state := p.state(); state != "" {
			p.notify(state)
		}
		t.Reset(p.pause())
		select {
		case <-t.C:
		case <-p.begun:
		case <-ctx.Done():
			return
		}
	}
}

// pause is how long there is nothing to tell, unless something begins. While no one
// waits for this process it is not woken more often than the watchdog needs, which is
// half of its time (sd_watchdog_enabled(3)).
func (p *Pulse) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	pause := turnTime
	if p.watchdog > 0 {
		pause = min(pause, p.watchdog/2)
	}
	if p.tasks > 0 {
		pause = min(pause, tellTime)
	}
	return pause
}

// state is what there is to tell now, "" for nothing.
func (p *Pulse) state() (state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.beat.Add(turnTime)
	for s := range p.steps {
		if s.by.After(due) {
			due = s.by
		}
	}
	left := time.Until(due)
	if left <= 0 {
		if !p.late {
			p.log.Error("no progress; unless there is some soon, systemd kills this manager, and the next one takes over what runs",
				"since", time.Since(p.beat).Round(time.Second).String())
		}
		p.late = true
		return ""
	}
	p.late, p.told = false, time.Now()
	if p.watchdog > 0 {
		state = "WATCHDOG=1"
	}
	if p.tasks > 0 {
		if state != "" {
			state += "\n"
		}
		state += fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", min(left, extension).Microseconds())
	}
	return state
}
