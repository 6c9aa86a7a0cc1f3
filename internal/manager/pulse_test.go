// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/pulse"
	"kresd-manager/units"
)

// beating returns a manager whose progress systemd is told of, which has a watchdog
// of three minutes.
func (w *world) beating() *process {
	w.t.Helper()
	p := w.process(w.sys.Client(), func(o *manager.Options) {
		o.Pulse = pulse.New(o.Notify, 3*time.Minute, o.Log)
		go o.Pulse.Run(w.t.Context())
	})
	if err := p.Start(w.t.Context()); err != nil {
		w.t.Fatalf("start: %v", err)
	}
	p.run(w.t)
	p.settle(w.t)
	return p
}

// told counts the states that hold a word, and forgets all.
func (w *world) told(word string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.states {
		if strings.Contains(s, word) {
			n++
		}
	}
	w.states = nil
	return n
}

// Whoever waits for a start or a reload is asked for patience as it goes on.
func TestALongChangeAsksForMoreTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		w.sys.Took = 50 * time.Second
		p := w.beating()
		if n := w.told("EXTEND_TIMEOUT_USEC=60000000"); n < 4 {
			t.Errorf("in a start of more than 100 s it asked %d times", n)
		}
		w.sys.Took = 5 * time.Minute
		p.change(t, "/local-data/addresses/host.example", `"192.0.2.9"`)
		if n := w.told("WATCHDOG=1\nEXTEND_TIMEOUT_USEC="); n < 10 {
			t.Errorf("in a change of five minutes it asked %d times", n)
		}
	})
}

// A manager that has nothing to do turns often enough for the watchdog, and asks
// for no time.
func TestAManagerWithNothingToDoFeedsTheWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		w.beating()
		w.told("")
		for range 20 {
			time.Sleep(3 * time.Minute)
			w.mu.Lock()
			extended := strings.Contains(strings.Join(w.states, "\n"), "EXTEND_TIMEOUT_USEC")
			w.mu.Unlock()
			if n := w.told("WATCHDOG=1"); n == 0 || extended {
				t.Fatalf("in three minutes it was fed %d times; more time was asked for: %v", n, extended)
			}
		}
	})
}

// One whose loop hangs is left to the watchdog.
func TestAManagerThatHangsDoesNotFeedTheWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.beating()
		goOn := make(chan struct{})
		done := make(chan error, 1)
		go func() {
			_, err := p.Change(t.Context(), units.Change{Cause: "hang", Edit: func(d *config.Document) (*config.Document, error) {
				<-goOn
				return d, nil
			}})
			done <- err
		}()
		time.Sleep(10 * time.Minute)
		w.told("")
		time.Sleep(time.Hour)
		if n := w.told("="); n > 0 {
			t.Errorf("systemd was told of progress %d times", n)
		}
		close(goOn)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
