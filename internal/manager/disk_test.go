// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// block puts a file where a directory has to be, which stops root, too.
func block(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestADiskThatTakesNothingRefusesTheChangeAndTouchesNoOne(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before, doc := w.live(), p.Running().ETag()
	block(t, filepath.Join(w.dir, "runtime/generations"))
	w.sys.Watch()
	_, err := p.Change(t.Context(), put(t, "/nsid", `"x"`))
	var step *units.StepError
	if err == nil || errors.As(err, &step) {
		t.Errorf("change: %v, want an error that is no failed step", err)
	}
	w.wantJobs(t)
	w.wantLive(t, "after a refused change", before)
	if p.Running().ETag() != doc {
		t.Error("the running configuration is another one")
	}
}

func TestALinkThatCannotBeSwitchedFailsItsStepBeforeTheJob(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	// A directory with something in it cannot be replaced by a link.
	link := filepath.Join(w.dir, "runtime", string(units.RoleGC))
	if err := errors.Join(os.Remove(link), os.MkdirAll(filepath.Join(link, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	w.sys.Watch()
	_, step := p.refuse(t, put(t, "/cache/garbage-collector/release", "20"))
	if step.Step.Unit != units.CacheGC || step.Refused {
		t.Errorf("step %+v, refused %t", step.Step, step.Refused)
	}
	w.wantJobs(t)
	w.wantLive(t, "after a refused change", before)
}

func TestABootCopyThatCannotBeKeptIsReported(t *testing.T) {
	w := newWorld(t, basic)
	block(t, filepath.Join(w.dir, "state"))
	s := w.start().wantState(t, "running")
	if !slices.ContainsFunc(s.Warnings, func(said string) bool { return strings.Contains(said, "next boot") }) {
		t.Errorf("status warns of %q", s.Warnings)
	}
}

// Old generations go, those that a unit reads stay.
func TestManyChangesKeepAFewGenerations(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	for i := range 30 {
		p.change(t, "/cache/garbage-collector/release", []string{"20", "21", "22"}[i%3])
		p.change(t, "/local-data/addresses/host.example", `"192.0.2.`+string(rune('1'+i%9))+`"`)
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, "runtime/generations"))
	if err != nil || len(entries) > 8+4 {
		t.Errorf("%d generations are left, %v", len(entries), err)
	}
	if got, want := w.store.Linked(units.RoleWorker), p.wantState(t, "running").Generation; got != want {
		t.Fatalf("the workers read %s, want %s", got, want)
	}
	before := w.live()
	w.comeBack()
	w.wantLive(t, "after crashes", before)
	// A rollback to what runs needs its generation, too.
	w.sys.Script("restart kresd@3.service", fakesystemd.Fails)
	p.refuse(t, put(t, "/nsid", `"x"`))
	w.wantLive(t, "after a rollback", before)
}

// The generation that runs is needed by the next rollback even when refused
// changes have brought many newer ones.
func TestRefusedChangesDoNotPushOutWhatRuns(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.change(t, "/workers", "2") // no unit is linked to this generation
	for i := range 12 {
		w.sys.Script("start "+units.Canary, fakesystemd.Fails)
		p.refuse(t, put(t, "/nsid", `"`+string(rune('a'+i))+`"`))
	}
	before := w.live()
	w.sys.Script("restart kresd@2.service", fakesystemd.Fails)
	if _, step := p.refuse(t, put(t, "/nsid", `"x"`)); !step.Restored {
		t.Errorf("not restored: %v", step)
	}
	w.wantLive(t, "after a rollback", before)
	p.kill()
	w.sys.Watch()
	w.start().wantState(t, "running")
	w.wantJobs(t)
}
