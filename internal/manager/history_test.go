// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/promise"
	"kresd-manager/units"
)

// value returns a part of the running configuration, "" if it is not there.
func (p *process) value(pointer string) string {
	v, err := p.Running().Value(pointer)
	if err != nil {
		return ""
	}
	return string(v)
}

// wantHistory fails the test unless these are the changes, oldest first, each
// as "outcome cause".
func (p *process) wantHistory(t *testing.T, want ...string) []units.Entry {
	t.Helper()
	h := p.History()
	var got []string
	for _, e := range h.Entries {
		got = append([]string{e.Outcome + " " + e.Cause}, got...)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the history is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(h.Faults) > 0 {
		t.Errorf("faults: %q", h.Faults)
	}
	return h.Entries
}

func TestHistoryTellsWhoChangedWhat(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	uid := uint32(1000)
	c := put(t, "/workers", "2")
	c.Who = units.Who{Via: units.ViaSocket, UID: &uid, User: "alice", Request: "r-1"}
	c.Comment = "fewer people"
	r, err := p.Change(t.Context(), c)
	if err != nil || r.Entry != 2 || r.Diff.String() != "~ /workers: 3 → 2\n" {
		t.Errorf("error %v, entry %d, diff %s", err, r.Entry, r.Diff)
	}
	if _, err := p.Change(t.Context(), put(t, "/lua/script", `"no_such_function()"`)); err == nil {
		t.Error("no error")
	}
	if _, err := p.Renew(t.Context(), units.Again{}); err != nil {
		t.Error(err)
	}
	p.end()
	p = w.start()
	entries := p.wantHistory(t, "applied start", "applied PUT /workers", "failed PUT /lua/script")
	e := entries[1]
	if e.Who.String() != "alice" || e.Who.Request != "r-1" || e.Comment != "fewer people" || !e.Running || e.When.IsZero() || e.Diff.String() != "~ /workers: 3 → 2\n" {
		t.Errorf("got %+v", e)
	}
	if e := entries[0]; e.Error == "" || e.Diff.String() == "" {
		t.Errorf("got %+v", e)
	}
	if _, doc, err := p.Entry(1); err != nil || !strings.Contains(string(doc.JSON()), `"workers":3`) {
		t.Errorf("got %v, error %v", doc, err)
	}
	var none *units.NoEntryError
	if _, _, err := p.Entry(9); !errors.As(err, &none) {
		t.Errorf("got error %v", err)
	}
}

func TestRollbackReturnsToAnyChange(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.change(t, "/workers", "2")
	p.change(t, "/workers", "1")
	p.change(t, "/local-data/addresses/new.example", "192.0.2.9")
	if r, err := p.Rollback(t.Context(), 2, units.Again{DryRun: true}); err != nil || !strings.Contains(r.String(), "~ /workers: 1 → 2\n- /local-data/addresses/new.example: 192.0.2.9\n") {
		t.Errorf("got %s, error %v", r, err)
	}
	for _, step := range []struct {
		id      int
		workers string
	}{{2, "2"}, {0, "1"}, {0, "2"}, {1, "3"}} {
		if _, err := p.Rollback(t.Context(), step.id, units.Again{}); err != nil {
			t.Fatal(err)
		}
		if got := p.value("/workers"); got != step.workers {
			t.Errorf("rollback to %d: %s workers, want %s", step.id, got, step.workers)
		}
	}
	p.wantHistory(t, "applied start", "applied PUT /workers", "applied PUT /workers", "applied PUT /local-data/addresses/new.example",
		"applied rollback to 2", "applied rollback to 4", "applied rollback to 5", "applied rollback to 1")
	if s := p.wantState(t, "running"); s.FileDiffers {
		t.Error("the file is said to differ")
	}
	var none *units.NoEntryError
	if _, err := p.Rollback(t.Context(), 99, units.Again{}); !errors.As(err, &none) {
		t.Errorf("got error %v", err)
	}
}

// A full disk costs the history and not the change.
func TestHistoryThatCannotBeWritten(t *testing.T) {
	w := newWorld(t, basic)
	if err := os.WriteFile(filepath.Join(w.dir, "state/history"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := w.start()
	p.change(t, "/workers", "2")
	eventually(t, "status tells", func() bool {
		faults := p.wantState(t, "running").HistoryFaults
		return strings.Contains(strings.Join(faults, "\n"), "the history cannot be kept")
	})
	c := put(t, "/workers", "1")
	c.ConfirmWithin = time.Minute
	if _, err := p.Change(t.Context(), c); err == nil || !strings.Contains(err.Error(), "cannot record when to undo the change") {
		t.Errorf("got error %v", err)
	}
	if got := p.value("/workers"); got != "2" {
		t.Errorf("%s workers", got)
	}
}

// unconfirmed makes a change that has to be confirmed.
func (p *process) unconfirmed(t *testing.T, pointer, value string, within time.Duration) units.Report {
	t.Helper()
	c := put(t, pointer, value)
	c.ConfirmWithin = within
	r, err := p.Change(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.ConfirmBy == nil {
		t.Fatal("the report has no deadline")
	}
	return r
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 3000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func (w *world) promise(t *testing.T) *promise.Pending {
	t.Helper()
	// To open a second store would take away what the first is writing.
	b, err := os.ReadFile(w.promiseFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	p := new(promise.Pending)
	if err := errors.Join(err, json.Unmarshal(b, p)); err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) promiseFile() string { return filepath.Join(w.dir, "state/history/confirm.json") }

// overdue moves the deadline of what waits into the past.
func (w *world) overdue(t *testing.T) {
	t.Helper()
	p := w.promise(t)
	if p == nil {
		t.Fatal("nothing waits")
	}
	p.Began, p.By = p.Began.Add(-time.Hour), p.By.Add(-time.Hour)
	b, err := json.Marshal(p)
	if err := errors.Join(err, os.WriteFile(w.promiseFile(), b, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestUnconfirmedChangeIsUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		p.unconfirmed(t, "/workers", "2", 5*time.Second)
		p.change(t, "/local-data/addresses/new.example", "192.0.2.9")
		if s := p.wantState(t, "running"); s.Waiting == nil || s.Waiting.Entry != 2 || s.Waiting.ReturnTo != 1 {
			t.Errorf("waiting: %+v", s.Waiting)
		}
		eventually(t, "undone", func() bool { return p.value("/workers") == "3" && p.History().Waiting == nil })
		if got := p.value("/local-data/addresses/new.example"); got != "" {
			t.Errorf("the change after it is still there: %s", got)
		}
		w.wantLiveButRules(t, before)
		entries := p.wantHistory(t, "applied start", "applied PUT /workers", "applied PUT /local-data/addresses/new.example", "applied change 2 was not confirmed in time")
		if e := entries[0]; e.Who.Via != units.ViaTimer || e.ReturnTo != 1 || !e.Running {
			t.Errorf("got %+v", e)
		}
		if s := p.wantState(t, "running"); s.Waiting != nil || s.FileDiffers {
			t.Errorf("status %+v", s)
		}
		if w.promise(t) != nil {
			t.Error("the promise is still there")
		}
		if _, err := p.Confirm(t.Context(), units.Who{}); !errors.Is(err, units.ErrNothingWaits) {
			t.Errorf("got error %v", err)
		}
	})
}

// Whoever made the change may have locked himself out with it, so nothing that can be
// repaired later holds its end up.
func TestUnconfirmedChangeIsUndoneThoughAUnitCannotBeStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		p.unconfirmed(t, "/workers", "2", 5*time.Second)
		w.sys.Script("start kresd@3.service", fakesystemd.Canceled)
		eventually(t, "undone", func() bool { return p.value("/workers") == "3" && p.History().Waiting == nil })
		p.wantHistory(t, "applied start", "applied PUT /workers", "applied change 2 was not confirmed in time")
		eventually(t, "repaired", func() bool { s, err := p.Status(t.Context()); return err == nil && s.State == "running" })
	})
}

// The worker that would serve while the only one restarts is one that can be started.
func TestAMaskedWorkerIsNoSpare(t *testing.T) {
	w := newWorld(t, strings.Replace(basic, "workers: 3", "workers: 1", 1))
	p := w.start()
	w.sys.Mask("kresd@2.service")
	c := put(t, "/nsid", `"x"`)
	c.DryRun = true
	shown, err := p.Change(t.Context(), c)
	if err != nil || !shown.Plan.Acts("kresd@3.service") || shown.Plan.Acts("kresd@2.service") {
		t.Errorf("shown is %v\n%s", err, shown.Plan)
	}
	if r := p.change(t, "/nsid", `"x"`); r.Plan.String() != shown.Plan.String() {
		t.Errorf("done is\n%s", r.Plan)
	}
}

// wantLiveButRules is wantLive without a look at how often rules were loaded.
func (w *world) wantLiveButRules(t *testing.T, want map[string]unitState) {
	t.Helper()
	got := w.live()
	for name, s := range want {
		if got[name].Active != s.Active || got[name].Config != s.Config {
			t.Errorf("%s: %+v, want %+v", name, got[name], s)
		}
	}
}

func TestConfirmedChangeStays(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.unconfirmed(t, "/workers", "2", 10*time.Minute)
	var waiting *units.WaitingError
	c := put(t, "/workers", "1")
	c.ConfirmWithin = time.Minute
	if _, err := p.Change(t.Context(), c); !errors.As(err, &waiting) || waiting.Entry != 2 {
		t.Errorf("got error %v", err)
	}
	e, err := p.Confirm(t.Context(), units.Who{User: "bob"})
	if err != nil || e.ID != 2 || e.Confirmed == nil {
		t.Errorf("got %+v, error %v", e, err)
	}
	p.kill()
	p = w.start()
	if p.value("/workers") != "2" || p.History().Waiting != nil {
		t.Errorf("%s workers, waiting %v", p.value("/workers"), p.History().Waiting)
	}
	if e := p.wantHistory(t, "applied start", "applied PUT /workers")[0]; e.ConfirmedBy == nil || e.ConfirmedBy.User != "bob" {
		t.Errorf("got %+v", e)
	}
}

func TestChangeIsUndoneThoughTheManagerWasDown(t *testing.T) {
	for name, stop := range map[string]func(*process){"killed": (*process).kill, "ended": (*process).end} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			p.unconfirmed(t, "/workers", "2", 10*time.Minute)
			stop(p)
			p = w.start()
			if p.value("/workers") != "2" || p.History().Waiting == nil {
				t.Errorf("before the time: %s workers, waiting %v", p.value("/workers"), p.History().Waiting)
			}
			stop(p)
			w.overdue(t)
			p = w.start()
			if p.value("/workers") != "3" || p.History().Waiting != nil {
				t.Errorf("%s workers, waiting %v", p.value("/workers"), p.History().Waiting)
			}
		})
	}
}

// The file is no longer readable when the time comes.
func TestChangeIsUndoneThoughTheFileIsBroken(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.unconfirmed(t, "/workers", "2", 10*time.Minute)
	p.end()
	w.write("workers: [")
	w.overdue(t)
	if p = w.start(); p.value("/workers") != "3" {
		t.Errorf("%s workers", p.value("/workers"))
	}
}

// bootUp restarts the machine, with what was kept for that, and the manager.
func (w *world) bootUp() *process {
	w.boot(units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@3.service", units.CacheGC)
	return w.start()
}

// A reload has brought in what the file holds; after a boot the file still holds
// it.
func TestUnconfirmedReloadAndBoots(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.write(strings.Replace(basic, "workers: 3", "workers: 2", 1))
	reload := units.Again{Asked: units.Asked{ConfirmWithin: 10 * time.Minute}}
	if _, err := p.Reload(t.Context(), reload); err != nil {
		t.Fatal(err)
	}
	want := func(when, workers string, differs, waiting bool) {
		t.Helper()
		s := p.wantState(t, "running")
		if p.value("/workers") != workers || s.FileDiffers != differs || (s.Waiting != nil) != waiting {
			t.Errorf("%s: %s workers, file differs %v, waiting %v", when, p.value("/workers"), s.FileDiffers, s.Waiting)
		}
	}
	want("after the reload", "2", false, true)
	p.end()
	p = w.bootUp()
	want("after a boot", "2", false, true)
	p.end()
	w.overdue(t)
	p = w.bootUp()
	want("after a boot that came too late", "3", true, false)
	if s := p.wantState(t, "running"); s.Undone != 2 {
		t.Errorf("status tells of change %d", s.Undone)
	}
	p.end()
	p = w.start()
	want("after a restart", "3", true, false)
	p.kill()
	p = w.bootUp()
	want("after another boot", "3", true, false)
	if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
		t.Fatal(err)
	}
	want("after a reload that someone asked for", "2", false, false)
	p.end()
	p = w.bootUp()
	want("after the last boot", "2", false, false)
	if w.promise(t) != nil {
		t.Error("the promise is still there")
	}
}

// What the next boot begins with is what was confirmed.
func TestBootCopyWaitsForConfirmation(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	link := func() string {
		p.settle(t) // what is done later is done
		target, err := os.Readlink(filepath.Join(w.dir, "state/boot"))
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Base(target)
	}
	first := link()
	w.write(strings.Replace(basic, "workers: 3", "workers: 2", 1))
	r, err := p.Reload(t.Context(), units.Again{Asked: units.Asked{ConfirmWithin: 10 * time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	if got := link(); got != first {
		t.Errorf("boots with %s before it is confirmed", got)
	}
	if _, err := p.Confirm(t.Context(), units.Who{}); err != nil {
		t.Fatal(err)
	}
	if got := link(); got != r.Generation {
		t.Errorf("boots with %s, want %s", got, r.Generation)
	}
}

// A change that fails leaves nothing to be undone.
func TestUnconfirmedChangeThatFails(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	c := put(t, "/lua/script", `"no_such_function()"`)
	c.ConfirmWithin = time.Minute
	if _, err := p.Change(t.Context(), c); err == nil {
		t.Fatal("no error")
	}
	if w.promise(t) != nil || p.History().Waiting != nil {
		t.Error("something waits")
	}
	p.unconfirmed(t, "/workers", "2", time.Minute)
	if _, err := p.Rollback(t.Context(), 1, units.Again{}); err != nil {
		t.Fatal(err)
	}
	if w.promise(t) != nil || p.History().Waiting != nil {
		t.Error("something waits after all was undone by hand")
	}
}

// After a boot, what was changed over the API is gone, and so is the promise.
func TestUnconfirmedChangeOverTheAPIAndABoot(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.unconfirmed(t, "/workers", "2", 10*time.Minute)
	p.kill()
	p = w.bootUp()
	if p.value("/workers") != "3" || p.History().Waiting != nil || w.promise(t) != nil {
		t.Errorf("%s workers, waiting %v", p.value("/workers"), p.History().Waiting)
	}
}

// A reload does not lose silently what was changed over the API.
func TestReloadTellsWhatItDrops(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	if r, err := p.Reload(t.Context(), units.Again{}); err != nil || r.Drops != "" {
		t.Errorf("drops %q, error %v", r.Drops, err)
	}
	p.change(t, "/workers", "2")
	w.write(basic + "nsid: edited\n")
	for _, dry := range []bool{true, false} {
		r, err := p.Reload(t.Context(), units.Again{DryRun: dry})
		if err != nil || !strings.HasSuffix(r.Drops, "kresctl rollback 2 restores them") {
			t.Errorf("drops %q, error %v", r.Drops, err)
		}
	}
	if _, err := p.Rollback(t.Context(), 2, units.Again{}); err != nil || p.value("/workers") != "2" {
		t.Errorf("%s workers, error %v", p.value("/workers"), err)
	}
}

// A manager that is killed in the middle of a change has not made it: the next
// one has nothing to undo.
func TestPromiseForAChangeThatWasNotMade(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	doc := p.Running()
	p.kill()
	err := promise.New(w.promiseFile(), promise.System()).Make(promise.Pending{ReturnTo: 1, ETag: doc.ETag(), Text: doc.JSON()}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if s := w.start().wantState(t, "running"); s.Waiting != nil || w.promise(t) != nil {
		t.Errorf("waiting: %+v", s.Waiting)
	}
}
