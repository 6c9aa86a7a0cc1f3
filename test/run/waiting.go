// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"sync"
	"time"
)

// waits ends the line of a test that waits for its turn (machine.Alone).
const waits = ": waits until it is alone"

// waiting is the time in which a test waits for its turn, which it does not take. It is safe
// for concurrent use.
type waiting struct {
	begun func() // called when it begins

	lock         sync.Mutex
	test         string
	since, until time.Time
}

// begins is that a test waits.
func (w *waiting) begins(test string) {
	w.lock.Lock()
	w.test, w.since = test, time.Now()
	w.lock.Unlock()
	w.begun()
}

// ends is that it goes on, if it has waited.
func (w *waiting) ends() {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.until = time.Now()
}

// of returns how long a test has waited, or one inside; without a name any test.
func (w *waiting) of(test string) time.Duration {
	if w == nil {
		return 0
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.since.IsZero() || w.until.Before(w.since) || test != "" && test != w.test && !strings.HasPrefix(w.test, test+"/") {
		return 0
	}
	return w.until.Sub(w.since)
}
