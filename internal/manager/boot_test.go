// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"kresd-manager/units"
)

// boot restarts the machine: what the units need is made, and all of them start
// with what was kept for this.
func (w *world) boot(names ...string) {
	w.t.Helper()
	w.sys.Boot()
	if err := errors.Join(os.RemoveAll(w.store.Root), os.MkdirAll(filepath.Join(w.store.Root, "generations"), 0o750)); err != nil {
		w.t.Fatal(err)
	}
	for _, link := range []string{"worker", "policy-loader", "cache-gc", "component"} {
		if err := os.Symlink(filepath.Join(w.store.Boot, "boot"), filepath.Join(w.store.Root, link)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.sys.AdminStart(names...)
	w.sys.Watch()
}

func TestAStartAfterABootAdoptsWhatServesAlready(t *testing.T) {
	w := newWorld(t, basic)
	w.start().kill()
	before := w.live()
	w.boot(units.PolicyLoader, "kresd@1.service", "kresd@2.service", units.CacheGC)
	p := w.start()
	w.wantJobs(t, "start kresd@3.service")
	w.wantLive(t, "after a boot", before)
	p.wantState(t, "running")
	p.change(t, "/nsid", `"x"`)
	p.wantState(t, "running")
}

func TestABootForgetsWhatTheAPIChanged(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	p.change(t, "/nsid", `"x"`)
	p.kill()
	w.boot(units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@3.service", units.CacheGC)
	w.wantLive(t, "after a boot", before)
	if s := w.start().wantState(t, "running"); s.FileDiffers {
		t.Error("status tells that the file differs")
	}
	w.wantJobs(t)
}

func TestARefusedFileAfterABootLeavesTheLastGoodOneInForce(t *testing.T) {
	for name, text := range map[string]string{
		"no syntax":              "workers: [",
		"refused by the canary":  basic + "lua: {script: 'no_such_function()'}\n",
		"without a single value": "",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			w.start().kill()
			before := w.live()
			w.write(text)
			w.boot(units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@3.service", units.CacheGC)
			if err := w.process(w.sys.Client()).Start(t.Context()); err == nil {
				t.Error("the start succeeds")
			}
			w.wantLive(t, "after a boot and a refused start", before)
		})
	}
}

// Workers that run for reasons that no one knows are better than none.
func TestAFailedStartStopsNothingThatItDoesNotUnderstand(t *testing.T) {
	w := newWorld(t, basic)
	w.start().kill()
	before := w.live()
	if err := errors.Join(os.RemoveAll(w.store.Root), os.RemoveAll(w.store.Boot), os.Mkdir(w.store.Root, 0o750)); err != nil {
		t.Fatal(err)
	}
	w.write(basic + "lua: {script: 'no_such_function()'}\n")
	if err := w.process(w.sys.Client()).Start(t.Context()); err == nil {
		t.Error("the start succeeds")
	}
	w.wantLive(t, "after a failed start", before)
}

// What did not stay up must not be what the next boot begins with, and a boot
// that tries it again because the file still says so must not end without DNS.
func TestABootWithAFileThatDoesNotStayUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before, doc := w.live(), p.Running().ETag()
		crash := func(p *process) {
			p.drift()
			for range 5 {
				for _, name := range []string{"kresd@1.service", "kresd@2.service", "kresd@3.service"} {
					w.sys.Crash(name)
				}
				w.sys.AutoRestart()
				p.drift()
			}
		}
		w.write(basic + "nsid: x\n")
		if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
			t.Fatal(err)
		}
		crash(p)
		w.wantLive(t, "after it was taken back", before)
		p.kill()
		w.boot(units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@3.service", units.CacheGC)
		w.wantLive(t, "after a boot", before)
		p = w.start()
		crash(p)
		w.wantLive(t, "after it was taken back once more", before)
		if p.Running().ETag() != doc {
			t.Error("the running configuration is not what it went back to")
		}
	})
}

// A change over the API is gone after a stop and a boot, but not without a word.
func TestAStartSaysWhatItDropsOfTheAPI(t *testing.T) {
	for name, gone := range map[string]func(t *testing.T, w *world, p *process){
		"after a stop": func(t *testing.T, w *world, p *process) {
			if err := p.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.end()
		},
		"after a boot": func(t *testing.T, w *world, p *process) {
			p.end()
			w.sys.Boot()
			if err := os.Remove(filepath.Join(w.dir, "runtime/running.json")); err != nil {
				t.Fatal(err)
			}
		},
		"after an edit": func(t *testing.T, w *world, p *process) {
			p.end()
			w.write(basic + "nsid: y\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			if r := p.wantState(t, "running").LastApply; r.Drops != "" {
				t.Errorf("the first start drops something: %s", r.Drops)
			}
			p.change(t, "/local-data/addresses/live.example", `"192.0.2.7"`)
			gone(t, w, p)
			p = w.start()
			r := p.wantState(t, "running").LastApply
			if want := "kresctl rollback 2 restores them"; !strings.Contains(r.Drops, want) || !strings.Contains(w.log.String(), want) {
				t.Errorf("the start says %q, want %q, also in the log", r.Drops, want)
			}
			if _, err := p.Rollback(t.Context(), 2, units.Again{}); err != nil {
				t.Error(err)
			}
			if _, err := p.Running().Value("/local-data/addresses/live.example"); err != nil {
				t.Errorf("it did not bring it back: %v", err)
			}
			// An edited file alone drops nothing.
			if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
				t.Fatal(err)
			}
			p.end()
			w.write(basic + "nsid: z\n")
			if r := w.start().wantState(t, "running").LastApply; r.Drops != "" {
				t.Errorf("an edit of the file drops something: %s", r.Drops)
			}
		})
	}
}
