// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager"
	"kresd-manager/units"
)

func (p *process) wantNeeded(t *testing.T, want string) {
	t.Helper()
	got := p.Needed(t.Context())
	if (got == "") != (want == "") || !strings.Contains(got, want) {
		t.Errorf("needed because %q, want %q", got, want)
	}
}

// endIdle ends a manager that is not needed.
func (p *process) endIdle(t *testing.T) {
	t.Helper()
	p.wantNeeded(t, "")
	p.kill()
	p.EndIdle()
}

// woken starts a manager as a request does.
func (w *world) woken() *process {
	w.t.Helper()
	p := w.process(w.sys.Client(), func(o *manager.Options) { o.Woken = true })
	if err := p.Start(w.t.Context()); err != nil {
		w.t.Fatalf("start: %v", err)
	}
	p.run(w.t)
	return p
}

func TestWhatKeepsAnIdleManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(basic, "api.sock\"", "api.sock\", idle-exit: 5m", 1))
		p := w.start()
		p.wantNeeded(t, "")
		if got := p.IdleExit(); got != 5*time.Minute {
			t.Errorf("ends after %s", got)
		}
		// Whoever goes must be sure that the workers stay up.
		p.change(t, "/nsid", `"x"`)
		p.wantNeeded(t, "workers have yet to prove")
		time.Sleep(11 * time.Minute)
		p.wantNeeded(t, "")

		c := put(t, "/local-data/addresses/host.example", `"192.0.2.2"`)
		c.ConfirmWithin = time.Hour
		if _, err := p.Change(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Minute)
		p.wantNeeded(t, "waits to be confirmed")
		if _, err := p.Confirm(t.Context(), units.Who{}); err != nil {
			t.Fatal(err)
		}
		p.wantNeeded(t, "")

		// No one else looks at files.
		zone := filepath.Join(w.dir, "block.rpz")
		if err := os.WriteFile(zone, []byte("$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		p.change(t, "/local-data/rpz", `[{"file": "`+zone+`"}]`)
		time.Sleep(11 * time.Minute)
		p.wantNeeded(t, "files are watched")
		p.change(t, "/local-data/rpz/0/watchdog", `false`)
		time.Sleep(11 * time.Minute)
		p.wantNeeded(t, "")

		// A unit that was repaired is looked after until it has been well.
		w.sys.AdminStop("kresd@2.service")
		p.Drifted("kresd@2.service")
		if p.Needed(t.Context()) == "" {
			t.Error("not needed before the repair")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		p.wantNeeded(t, "repaired")
		time.Sleep(5 * time.Minute)
		p.wantNeeded(t, "")
		w.sys.AdminStop("kresd@2.service") // of which no one tells
		p.wantNeeded(t, "not all runs")
		time.Sleep(5 * time.Minute)
		p.wantNeeded(t, "")

		p.change(t, "/components", `{"extra": {"command": ["/bin/true"], "kind": "needed"}}`)
		time.Sleep(11 * time.Minute)
		p.wantNeeded(t, "components")
		p.kill()
	})
}

// A request for something does not reload: what ran runs on, although someone
// has begun to edit the file.
func TestAManagerThatWasWokenComesBackToWhatRan(t *testing.T) {
	for name, text := range map[string]string{
		"edited":  strings.Replace(basic, "192.0.2.1", "192.0.2.9", 1),
		"broken":  "workers: [",
		"missing": "",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			p.change(t, "/management/pprof", "true")
			p.endIdle(t)
			before := w.live()
			w.sys.Jobs()
			w.write(text)
			if name == "missing" {
				if err := os.Remove(w.file); err != nil {
					t.Fatal(err)
				}
			}
			p = w.woken()
			w.wantLive(t, "after the manager was woken", before)
			w.wantJobs(t)
			if v, err := p.Running().Value("/management/pprof"); err != nil || string(v) != "true" {
				t.Errorf("what was changed over the API is %s %v", v, err)
			}
			if s := p.wantState(t, "running"); !s.FileDiffers {
				t.Error("the file differs and no one tells")
			}
		})
	}
}

// A start that someone asked for reads the file as always.
func TestAStartAfterAnIdleEndReadsTheFile(t *testing.T) {
	w := newWorld(t, basic)
	w.start().endIdle(t)
	w.write(strings.Replace(basic, "192.0.2.1", "192.0.2.9", 1))
	p := w.start()
	if v, err := p.Running().Value("/local-data/addresses/host.example"); err != nil || string(v) != `"192.0.2.9"` {
		t.Errorf("runs %s %v", v, err)
	}
}

// Who stopped the resolver while the manager was away, and then asks for its
// status, does not want it started.
func TestAManagerThatWasWokenStartsNothingThatWasStopped(t *testing.T) {
	w := newWorld(t, basic)
	w.start().endIdle(t)
	w.sys.StopTarget()
	w.sys.Jobs()
	p := w.woken()
	w.wantJobs(t)
	p.wantState(t, "stopped")
	if _, err := p.Reload(t.Context(), units.Again{}); err != nil { // but who asks for it does
		t.Fatal(err)
	}
	p.wantState(t, "running")
}
