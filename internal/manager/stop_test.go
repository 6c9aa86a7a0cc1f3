// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestStopStopsEverythingAndThenTheSocket(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.AdminStart("kresd@9.service")
	w.sys.Watch()
	if isClosed(p.Stopped()) {
		t.Error("stopped before it was asked to")
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !isClosed(p.Stopped()) {
		t.Error("no one is told to end")
	}
	jobs := w.sys.Jobs()
	if last := jobs[len(jobs)-2:]; !slices.Equal(last, []string{"queue-stop kresd.target", "queue-stop kresd-manager.socket"}) {
		t.Errorf("the last jobs are %q", last)
	}
	if live := w.live(); len(live) > 0 {
		t.Errorf("left running: %v", live)
	}
	p.wantState(t, "stopped")
	// Nothing runs, so the next start is a first one.
	p.end()
	if _, err := os.Stat(filepath.Join(w.dir, "runtime/running.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the record is still there: %v", err)
	}
	w.start().wantState(t, "running")
}

func TestStopTwiceIsDoneOnce(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	for range 2 {
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.sys.Watch()
	}
	w.wantJobs(t)
}

func TestAStopThatFailsLeavesTheManagerAtWork(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Script("stop kresd@2.service", fakesystemd.Denied)
	err := p.Stop(t.Context())
	if !errors.Is(err, units.ErrForbidden) || isClosed(p.Stopped()) {
		t.Errorf("stop: %v, stopped %t", err, isClosed(p.Stopped()))
	}
	if strings.Contains(strings.Join(w.sys.Jobs(), "\n"), "queue-stop") {
		t.Error("the API socket goes away")
	}
	p.wantState(t, "degraded")
	if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
		t.Fatal(err)
	}
	w.wantLive(t, "after a reload", before)
}

func TestWhatWaitsBehindAStopStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Took = time.Second
		stopped, changed := make(chan error, 1), make(chan error, 1)
		go func() { stopped <- p.Stop(t.Context()) }()
		synctest.Wait()
		go func() {
			_, err := p.Change(t.Context(), put(t, "/nsid", `"x"`))
			changed <- err
		}()
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		if err := <-changed; !errors.Is(err, units.ErrStopping) {
			t.Errorf("change: %v, want ErrStopping", err)
		}
		if live := w.live(); len(live) > 0 {
			t.Errorf("running after a stop: %v", live)
		}
	})
}

func TestNoRequestIsTakenOnAfterTheEnd(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.end()
	w.sys.Watch()
	if _, err := p.Change(t.Context(), put(t, "/nsid", `"x"`)); !errors.Is(err, units.ErrStopping) {
		t.Errorf("change: %v", err)
	}
	if _, err := p.Reload(t.Context(), units.Again{}); !errors.Is(err, units.ErrStopping) {
		t.Errorf("reload: %v", err)
	}
	if _, err := p.Renew(t.Context(), units.Again{}); !errors.Is(err, units.ErrStopping) {
		t.Errorf("renew: %v", err)
	}
	if err := p.Stop(t.Context()); !errors.Is(err, units.ErrStopping) {
		t.Errorf("stop: %v", err)
	}
	w.wantJobs(t)
}

func TestTheChangeInProgressIsFinishedBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Took = 500 * time.Millisecond
		done := make(chan error, 1)
		go func() {
			_, err := p.Change(t.Context(), put(t, "/nsid", `"x"`))
			done <- err
		}()
		synctest.Wait()
		p.end() // waits for the loop
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if v, err := p.Running().Value("/nsid"); string(v) != `"x"` {
			t.Errorf("running: %s %v", v, err)
		}
		w.sys.Watch()
		w.start().wantState(t, "running")
		w.wantJobs(t)
	})
}

// What would take long is ended, and what ran before is restored, by this manager if
// that is quick and by the next one if it is not.
func TestALongChangeEndsWithinSecondsOfTheManager(t *testing.T) {
	for name, test := range map[string]struct {
		text, pointer, value string
		took                 time.Duration
		restored             bool // by this manager
	}{
		"a slow load":   {basic, "/local-data/addresses/host.example", `"192.0.2.9"`, time.Hour, false},
		"a slow canary": {basic, "/nsid", `"x"`, time.Minute, true},
		"slow workers":  {basic, "/workers", "5", time.Minute, true},
		"a long soak":   {basic + "systemd: {soak: 10m}\n", "/nsid", `"x"`, 50 * time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.text)
				p := w.start()
				before, doc := w.live(), p.Running().ETag()
				w.sys.Took = test.took
				done := make(chan error, 1)
				go func() {
					_, err := p.Change(t.Context(), put(t, test.pointer, test.value))
					done <- err
				}()
				time.Sleep(time.Second)
				began := time.Now()
				p.end()
				if took := time.Since(began); took > 25*time.Second {
					t.Errorf("the end took %s", took)
				}
				var step *units.StepError
				if err := <-done; !errors.Is(err, units.ErrStopping) || !errors.As(err, &step) || step.Restored != test.restored {
					t.Errorf("change: %v", err)
				}
				if _, err := os.Stat(filepath.Join(w.dir, "runtime/applying.json")); errors.Is(err, os.ErrNotExist) != test.restored {
					t.Errorf("the journal: %v", err)
				}
				w.sys.Took = 0
				time.Sleep(2 * time.Hour) // jobs that were left come to their end
				synctest.Wait()
				next := w.start()
				w.wantLive(t, "after the next start", before)
				if next.Running().ETag() != doc {
					t.Error("the next manager runs something else")
				}
				next.wantState(t, "running")
			})
		})
	}
}

func TestHangupNotifiesAroundTheReload(t *testing.T) {
	for name, text := range map[string]string{
		"a new file":    strings.Replace(basic, "192.0.2.1", "192.0.2.9", 1),
		"a broken file": "workers: [",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			w.write(text)
			w.states = nil
			p.Hangup(t.Context(), 1234567*time.Microsecond)
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(w.states) < 2 || w.states[0] != "RELOADING=1\nMONOTONIC_USEC=1234567" || !slices.Contains(w.states, "READY=1") {
				t.Errorf("notifications: %q", w.states)
			}
		})
	}
}
