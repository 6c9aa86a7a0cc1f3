// SPDX-License-Identifier: Apache-2.0

// Package promise keeps the promise to go back unless someone confirms a change.
// It is on disk before the change begins, so that nothing that ends the manager
// ends the promise, and it goes by two clocks, so that nothing that happens to
// one of them makes it longer.
package promise

import (
	"sync/atomic"
	"time"

	"kresd-manager/units"
)

// Times of the wait for someone to confirm.
const (
	// The wait is looked at again after a while, because a suspended machine
	// stops the clock that timers go by.
	lookInterval = 30 * time.Second
	// A return that failed is tried again after a while, each time after twice as long.
	firstRetry   = 10 * time.Second
	longestRetry = 10 * time.Minute
)

// Promise is one promise, or none, in a file of its own. Open, Waiting and Fault may
// be called by anyone; the rest is for the one who makes changes. A method that
// returns an error has left everything as it was, on disk and in memory.
type Promise struct {
	path  string
	clock Clock
	open  atomic.Pointer[Pending]
	fault atomic.Pointer[error]
	draft *Pending // for the change in progress
	timer *time.Timer
	tries int // how often going back has failed
}

// New returns the promise that is kept in a file. It keeps none until Recall or
// Make.
func New(path string, c Clock) *Promise {
	p := &Promise{path: path, clock: c, timer: time.NewTimer(time.Hour)}
	p.timer.Stop()
	return p
}

// Recall learns what an earlier manager promised. If that cannot be read, nothing
// is promised.
func (p *Promise) Recall() error {
	pending, err := read(p.path)
	p.open.Store(pending)
	p.fault.Store(&err)
	return err
}

// Fault is why Recall failed, nil if it did not.
func (p *Promise) Fault() error {
	if err := p.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// Open is what is promised, nil if nothing is. It must not be changed.
func (p *Promise) Open() *Pending { return p.open.Load() }

// Waiting is what someone has to confirm, nil if there is nothing.
func (p *Promise) Waiting() *units.Waiting { return p.open.Load().Waiting() }

// Make promises to go back, before a change begins. The time to confirm begins
// with the change, see Begin. The error is a *units.WaitingError while another
// change waits.
func (p *Promise) Make(back Pending, within time.Duration) error {
	if w := p.Waiting(); w != nil {
		return &units.WaitingError{Waiting: *w}
	}
	back.begin(p.clock, within)
	if err := write(p.path, &back); err != nil {
		return err
	}
	p.draft = &back
	return nil
}

// Made means that a promise has been made for the change in progress.
func (p *Promise) Made() bool { return p.draft != nil }

// Withdraw forgets what was promised for a change that failed.
func (p *Promise) Withdraw() error {
	if p.draft == nil {
		return nil
	}
	if err := write(p.path, p.open.Load()); err != nil {
		return err
	}
	p.draft = nil
	return nil
}

// Begin begins the time to confirm a change that is in force now, which is this
// entry of the history. If that cannot be written down, the promise stays as it
// was made: the time counts from before the change.
func (p *Promise) Begin(entry int) (*Pending, error) {
	began := *p.draft
	began.begin(p.clock, began.By.Sub(began.Began))
	began.Entry = entry
	err := write(p.path, &began)
	if err != nil {
		began = *p.draft
		began.Entry = entry
	}
	p.draft = nil
	p.open.Store(&began)
	p.watch()
	return &began, err
}

// Keep promises something else from now on; nil is nothing.
func (p *Promise) Keep(pending *Pending) error {
	if err := write(p.path, pending); err != nil {
		return err
	}
	p.open.Store(pending)
	p.watch()
	return nil
}

// Left is how long there is to confirm; 0 or less if it is time to go back, or
// nothing is promised.
func (p *Promise) Left() time.Duration {
	pending := p.open.Load()
	if pending == nil {
		return 0
	}
	return pending.left(p.clock)
}

// Due means that it is time to go back. Before that, it has C tell later.
func (p *Promise) Due() bool {
	if p.Waiting() == nil {
		return false
	}
	if p.Left() > 0 {
		p.watch()
		return false
	}
	return true
}

// C tells when Due should be asked.
func (p *Promise) C() <-chan time.Time { return p.timer.C }

// Retry has C tell again, because going back failed.
func (p *Promise) Retry() {
	p.timer.Reset(min(firstRetry<<min(p.tries, 10), longestRetry))
	p.tries++
}

func (p *Promise) watch() {
	p.tries = 0
	if p.Waiting() == nil {
		p.timer.Stop()
		return
	}
	p.timer.Reset(max(0, min(p.Left(), lookInterval)))
}
