// SPDX-License-Identifier: Apache-2.0

package generation

import (
	"kresd-manager/units"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestALinkLeadsToItsGenerationWithoutAGap(t *testing.T) {
	s, a, b := newStore(t), makeOf(t, "nsid: a"), makeOf(t, "nsid: b")
	must(t, s.Write(a), s.Write(b), s.Link(units.RoleWorker, a.Desired.Generation))
	done := make(chan struct{})
	failed := make(chan error, 1)
	go func() { // a worker that starts at any moment
		defer close(failed)
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := os.ReadFile(filepath.Join(s.Root, "worker/worker.lua")); err != nil {
				failed <- err
				return
			}
		}
	}()
	for range 200 {
		must(t, s.Link(units.RoleWorker, b.Desired.Generation), s.Link(units.RoleWorker, a.Desired.Generation))
	}
	close(done)
	if err := <-failed; err != nil {
		t.Error(err)
	}
	if got := s.Linked(units.RoleWorker); got != a.Desired.Generation {
		t.Errorf("linked to %q", got)
	}
	if diff := cmp.Diff([]string{"generations", "worker"}, names(t, s.Root)); diff != "" {
		t.Errorf("left behind:\n%s", diff)
	}
}

func TestALinkIsRelativeSoThatTheStoreCanBeMoved(t *testing.T) {
	s, g := newStore(t), makeOf(t, "{}")
	must(t, s.Write(g), s.Link(units.RoleGC, g.Desired.Generation))
	moved := filepath.Join(t.TempDir(), "elsewhere")
	must(t, os.Rename(s.Root, moved))
	if _, err := os.Stat(filepath.Join(moved, "cache-gc/gc.json")); err != nil {
		t.Error(err)
	}
}

// At boot the links lead to what was kept, which is no generation of the store.
func TestALinkThatLeadsElsewhereIsNoGeneration(t *testing.T) {
	s, g := newStore(t), makeOf(t, "{}")
	must(t, s.Write(g))
	for _, target := range []string{"/var/lib/kresd-manager/boot", "../generations/x", "generations", "generations/a/b", "/generations/x"} {
		link := filepath.Join(s.Root, string(units.RoleWorker))
		_ = os.Remove(link)
		must(t, os.Symlink(target, link))
		if got := s.Linked(units.RoleWorker); got != "" {
			t.Errorf("a link to %s counts as generation %q", target, got)
		}
		must(t, s.Link(units.RoleWorker, g.Desired.Generation))
		if got := s.Linked(units.RoleWorker); got != g.Desired.Generation {
			t.Errorf("linked to %q", got)
		}
	}
}

func TestAdoptReadsWhatTheWorkersRead(t *testing.T) {
	s, a, b := newStore(t), makeOf(t, "nsid: a"), makeOf(t, "nsid: b\nworkers: 4")
	if d, err := s.Adopt(); err == nil {
		t.Errorf("an empty store gives %+v", d)
	}
	must(t, s.Write(a), s.Write(b), s.SaveBoot(a), s.Link(units.RoleWorker, b.Desired.Generation))
	got, err := s.Adopt()
	if diff := cmp.Diff(b.Desired, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAdoptAfterABootReadsWhatWasKept(t *testing.T) {
	s, g := newStore(t), makeOf(t, "nsid: a")
	must(t, s.SaveBoot(g), os.MkdirAll(s.Root, 0o750))
	must(t, os.Symlink(filepath.Join(s.Boot, "boot"), filepath.Join(s.Root, "worker")))
	got, err := s.Adopt()
	if diff := cmp.Diff(g.Desired, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	// It is a generation like the others now, and can be gone back to.
	if _, err := s.Load(g.Desired.Generation); err != nil {
		t.Error(err)
	}
}

func TestSaveBootKeepsAWholeGenerationAndFewOthers(t *testing.T) {
	s := newStore(t)
	var last Generation
	for _, nsid := range []string{"a", "b", "c", "d", "e", "f"} {
		last = makeOf(t, "nsid: "+nsid)
		must(t, s.SaveBoot(last), s.SaveBoot(last))
	}
	for name, want := range last.files {
		if b, err := os.ReadFile(filepath.Join(s.Boot, "boot", name)); err != nil || string(b) != held(t, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if kept := names(t, filepath.Join(s.Boot, folder)); len(kept) != 3 {
		t.Errorf("kept: %q", kept)
	}
	// The link that serves at boot never leads to nothing: an older generation
	// in force again is not the one to go.
	first := makeOf(t, "nsid: a")
	must(t, s.SaveBoot(first))
	if _, err := os.Stat(filepath.Join(s.Boot, "boot/worker.lua")); err != nil {
		t.Error(err)
	}
}
