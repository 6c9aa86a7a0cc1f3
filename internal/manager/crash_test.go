// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// dropped starts a manager that is killed in its k-th call during a change, or
// right after it, and reports whether the change came that far.
func (w *world) dropped(t *testing.T, c units.Change, k int, after bool) bool {
	t.Helper()
	client := w.sys.Client()
	// A process that is killed writes no more; a goroutine that is given up
	// would. It loses its way to the files when it freezes.
	way := filepath.Join(w.dir, "way")
	if err := os.Symlink("runtime", way); err != nil {
		t.Fatal(err)
	}
	p := w.process(client, func(o *manager.Options) {
		o.Store = &generation.Store{Root: way, Boot: w.store.Boot}
	})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	client.FreezeAt(k, after)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = p.Change(t.Context(), c)
	}()
	select {
	case <-client.Frozen():
		if err := os.Remove(way); err != nil {
			t.Fatal(err)
		}
		client.Settle()
		client.Thaw()
		<-done // and with it a write that was on its way
		return true
	case <-done:
		return false
	}
}

// points calls f for every point at which a manager can be killed during a
// change, each in a world of its own with the change not yet begun, until f
// reports that the change ended before its point.
func points(t *testing.T, text string, f func(t *testing.T, w *world, k int, after bool) bool) {
	for _, after := range []bool{false, true} {
		for k, more := 1, true; more; k++ {
			t.Run(fmt.Sprintf("call %d, carried out: %t", k, after), func(t *testing.T) {
				w := newWorld(t, text)
				first := w.start()
				first.kill()
				more = f(t, w, k, after)
			})
			if k > 40 {
				t.Fatal("the change never ends")
			}
		}
	}
}

// outcomes returns the system before and after a change.
func outcomes(t *testing.T, w *world, c units.Change) (before, after map[string]unitState) {
	t.Helper()
	before = w.live()
	p := w.start()
	doc := p.Running().Document
	if _, err := p.Change(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	after = w.live()
	c.Edit = func(*config.Document) (*config.Document, error) { return doc, nil }
	if _, err := p.Change(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	p.kill()
	return before, after
}

func TestAManagerKilledAtAnyPointOfAChangeLeavesNoMix(t *testing.T) {
	for name, c := range map[string]units.Change{
		"everything":  everything(t),
		"rules":       put(t, "/local-data/addresses/new.example", `"192.0.2.2"`),
		"more":        put(t, "/workers", "5"),
		"fewer":       put(t, "/workers", "1"),
		"one collect": put(t, "/cache/garbage-collector/release", "20"),
	} {
		t.Run(name, func(t *testing.T) {
			points(t, basic, func(t *testing.T, w *world, k int, after bool) bool {
				old, changed := outcomes(t, w, c)
				came := w.dropped(t, c, k, after)
				second := w.start()
				second.wantState(t, "running")
				want := old
				if !came {
					want = changed // the crash came after the end
				}
				w.wantLive(t, "after the crash of the manager", want)
				// The second manager is a whole one.
				if _, err := second.Change(t.Context(), c); err != nil {
					t.Error(err)
				}
				w.wantLive(t, "after the same change again", changed)
				return came
			})
		})
	}
}

func TestAManagerKilledDuringItsRollbackLeavesNoMix(t *testing.T) {
	c := everything(t)
	points(t, basic, func(t *testing.T, w *world, k int, after bool) bool {
		old := w.live()
		w.sys.Script("probe kresd@3.service", fakesystemd.Mute)
		came := w.dropped(t, c, k, after)
		w.sys.ClearFaults()
		w.start().wantState(t, "running")
		w.wantLive(t, "after the crash of the manager", old)
		return came
	})
}

// Rules that a worker was told to look at and that were taken back must not
// stay in its eyes because no one is left to tell it again.
func TestAManagerKilledWhileItTakesRulesBackLeavesNoMix(t *testing.T) {
	c := put(t, "/local-data/addresses/new.example", `"192.0.2.2"`)
	points(t, basic, func(t *testing.T, w *world, k int, after bool) bool {
		old := w.live()
		w.sys.Script("reset-rules kresd@2.service", fakesystemd.Mute, fakesystemd.Mute) // the first for the start after a crash
		came := w.dropped(t, c, k, after)
		w.sys.ClearFaults()
		w.start().wantState(t, "running")
		w.wantLive(t, "after the crash of the manager", old)
		return came
	})
}

func TestARecoveredManagerKeepsTheConfigurationAndNotTheFile(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.change(t, "/nsid", `"x"`)
	p.kill()
	w.write(basic + "hostname: other.example\n")
	before, pids := w.live(), w.sys.PIDs()
	w.sys.Watch()
	second := w.start()
	w.wantJobs(t)
	w.wantLive(t, "after the crash of the manager", before)
	if diff := cmp.Diff(pids, w.sys.PIDs()); diff != "" {
		t.Errorf("processes:\n%s", diff)
	}
	if s := second.wantState(t, "running"); !s.FileDiffers {
		t.Error("status does not tell that the running configuration is the API's")
	}
	if p.Running().ETag() != second.Running().ETag() {
		t.Error("the running configuration is another one")
	}
}
