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

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

const listing = basic + "  addresses-files: [DIR/list]\n  rpz: [{file: DIR/zone}]\n"

// newListing is a machine with two files that rules come from.
func newListing(t *testing.T, list, zone string) *world {
	t.Helper()
	w := newWorld(t, listing)
	w.hold(list, "list")
	w.hold(zone, "zone")
	return w
}

// wantDegraded fails the test unless status names these files, and where in
// them.
func (p *process) wantDegraded(t *testing.T, w *world, names ...string) {
	t.Helper()
	want := "running"
	if len(names) > 0 {
		want = "degraded"
	}
	s := p.wantState(t, want)
	var got []string
	for _, in := range s.Inputs {
		if in.State == units.InputDegraded {
			got = append(got, filepath.Base(in.Path))
			path := filepath.Join(w.dir, filepath.Base(in.Path))
			if !slices.ContainsFunc(s.Problems, func(f config.Problem) bool {
				return f.Pointer == in.Pointer && strings.Contains(f.Message, path+":2: invalid syntax")
			}) {
				t.Errorf("status does not tell where %s is wrong: %v", path, s.Problems)
			}
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("degraded: %q, want %q", got, names)
	}
}

func TestABrokenListDoesNotHoldOtherChangesHostage(t *testing.T) {
	w := newListing(t, "good", "good")
	p := w.start()
	p.wantDegraded(t, w)
	w.hold(fakesystemd.Broken, "list")
	r := p.change(t, "/local-data/addresses/more.example", `"192.0.2.7"`)
	if len(r.Degraded) != 1 || !strings.Contains(r.Degraded[0], filepath.Join(w.dir, "list")+":2: invalid syntax") {
		t.Errorf("the report tells %q", r.Degraded)
	}
	p.wantDegraded(t, w, "list")
	if r := p.change(t, "/nsid", `"x"`); len(r.Degraded) != 1 {
		t.Errorf("the report of a change that loads nothing tells %q", r.Degraded)
	}
	w.hold("good again", "list")
	if r := reload(t, p); len(r.Degraded) != 0 || !slices.Contains(r.Taken, "loaded hosts file "+filepath.Join(w.dir, "list")) {
		t.Errorf("after it was fixed: %q, %q", r.Taken, r.Degraded)
	}
	p.wantDegraded(t, w)
}

func TestAChangeThatNamesABrokenListIsRefused(t *testing.T) {
	w := newListing(t, fakesystemd.Broken, "good")
	p := w.start() // and a broken one that was there before
	p.wantDegraded(t, w, "list")
	before := w.live()
	w.hold(fakesystemd.Broken, "other")
	_, err := p.Change(t.Context(), put(t, "/local-data/rules", `[{"file": "`+filepath.Join(w.dir, "other")+`"}]`))
	var step *units.StepError
	if !errors.As(err, &step) || !step.Refused || !step.Restored || !strings.Contains(err.Error(), "/local-data/rules/0/file/0: "+filepath.Join(w.dir, "other")+":2: invalid syntax") {
		t.Errorf("%v", err)
	}
	w.wantLive(t, "after the refusal", before)
	p.wantDegraded(t, w, "list")
	if _, err := os.Stat(filepath.Join(w.dir, "runtime/strict")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what must not fail is left behind: %v", err)
	}
}

// A reload is about all files, but is not refused twice for the same.
func TestAReloadIsRefusedForAListThatHasChanged(t *testing.T) {
	w := newListing(t, "good", fakesystemd.Broken)
	p := w.start()
	p.wantDegraded(t, w, "zone")
	if r := reload(t, p); len(r.Degraded) != 1 || len(r.Taken) != 0 {
		t.Errorf("with one that is known to be degraded: taken %q, degraded %q", r.Taken, r.Degraded)
	}
	w.hold(fakesystemd.Broken, "list")
	_, err := p.Reload(t.Context(), units.Again{})
	var step *units.StepError
	if !errors.As(err, &step) || !step.Refused || !step.Restored || !strings.Contains(err.Error(), filepath.Join(w.dir, "list")+":2: invalid syntax") {
		t.Errorf("with one that has changed: %v", err)
	}
	p.wantDegraded(t, w, "list", "zone")
	if r := reload(t, p); len(r.Degraded) != 2 {
		t.Errorf("asked again: %q", r.Degraded)
	}
	w.hold(fakesystemd.Broken+" in another way", "list")
	if _, err := p.Reload(t.Context(), units.Again{}); err == nil {
		t.Error("a list that has changed and is still broken refuses no reload")
	}
}

// What is not there is refused before anything is loaded, and told in the same way.
func TestAReloadGoesOnWithAListThatIsKnownToBeGone(t *testing.T) {
	w := newListing(t, "good", "good")
	if err := os.Remove(filepath.Join(w.dir, "list")); err != nil {
		t.Fatal(err)
	}
	p := w.start()
	if r := reload(t, p); len(r.Degraded) != 1 || !strings.Contains(r.Degraded[0], "No such file") {
		t.Errorf("the report tells %q", r.Degraded)
	}
	if err := os.Remove(filepath.Join(w.dir, "zone")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Reload(t.Context(), units.Again{}); err == nil || !strings.Contains(err.Error(), "zone does not exist") {
		t.Errorf("with another one gone: %v", err)
	}
}

func TestAFixedListIsLoadedByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListing(t, fakesystemd.Broken, "good")
		var watched []string
		p := w.process(w.sys.Client(), func(o *manager.Options) { o.Watch = func(paths []string) { watched = paths } })
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.run(t)
		p.settle(t)
		list := filepath.Join(w.dir, "list")
		if !slices.Contains(watched, list) {
			t.Errorf("watched: %q", watched)
		}
		w.hold("good", "list")
		p.Changed(t.Context(), []string{list})
		p.wantDegraded(t, w)
		if slices.Contains(watched, list) {
			t.Errorf("watched, though it is well and not to be watched: %q", watched)
		}
	})
}

func TestTheManagerDoesNotEndIdleWhileAListIsDegraded(t *testing.T) {
	w := newWorld(t, basic+"  addresses-files: [DIR/list]\n") // nothing is watched
	w.hold(fakesystemd.Broken, "list")
	p := w.start()
	if why := p.Needed(t.Context()); why != "files of rules are degraded, and tried again" {
		t.Errorf("needed because %q", why)
	}
	w.hold("good", "list")
	reload(t, p)
	if why := p.Needed(t.Context()); strings.Contains(why, "degraded") {
		t.Errorf("needed because %q", why)
	}
}

// What this process does not see change may have changed all the same.
func TestADegradedListIsTriedAgainAfterLongerAndLongerPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListing(t, fakesystemd.Broken, "good")
		p := w.start()
		p.drift()
		w.sys.Jobs()
		time.Sleep(time.Hour)
		n := 0
		for _, j := range w.sys.Jobs() {
			if j == "restart "+units.PolicyLoader {
				n++
			}
		}
		if n < 8 || n > 20 {
			t.Errorf("%d loads in an hour", n)
		}
		p.wantDegraded(t, w, "list")
	})
}
