// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// ended returns a world where a manager has started, done something, and ended
// in an orderly way.
func ended(t *testing.T, text string, do func(t *testing.T, p *process)) *world {
	t.Helper()
	w := newWorld(t, text)
	p := w.start()
	do(t, p)
	p.end()
	w.sys.Watch()
	return w
}

func TestAnOrderlyRestartTouchesNoOne(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, p *process){
		"after a start":            func(*testing.T, *process) {},
		"after changes of the API": func(t *testing.T, p *process) { p.change(t, "/nsid", `"x"`); p.change(t, "/workers", "2") },
		"after a refused change":   func(t *testing.T, p *process) { p.refuse(t, put(t, "/lua/script", `"no_such_function()"`)) },
		"after a reload":           func(t *testing.T, p *process) { _, _ = p.Reload(t.Context(), units.Again{Force: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			var doc string
			w := ended(t, basic, func(t *testing.T, p *process) { do(t, p); doc = p.Running().ETag() })
			before, pids := w.live(), w.sys.PIDs()
			p := w.start()
			w.wantJobs(t)
			w.wantLive(t, "after a restart", before)
			if diff := cmp.Diff(pids, w.sys.PIDs()); diff != "" {
				t.Errorf("processes:\n%s", diff)
			}
			if p.Running().ETag() != doc {
				t.Error("the running configuration is another one")
			}
			p.wantState(t, "running")
		})
	}
}

func TestAnOrderlyRestartAppliesAChangedFile(t *testing.T) {
	w := ended(t, basic, func(t *testing.T, p *process) { p.change(t, "/nsid", `"x"`) })
	w.write(strings.Replace(basic, "192.0.2.1", "192.0.2.9", 1))
	p := w.start()
	if s := p.wantState(t, "running"); s.FileDiffers || s.LastApply.Cause != "start" {
		t.Errorf("status: %+v", s)
	}
	if v, err := p.Running().Value("/local-data/addresses/host.example"); string(v) != `"192.0.2.9"` {
		t.Errorf("the running configuration has %s, %v", v, err)
	}
	if _, err := p.Running().Value("/nsid"); err == nil {
		t.Error("what the API changed outlived the change of the file")
	}
}

func TestARewrittenFileThatSaysTheSameIsNoChange(t *testing.T) {
	w := ended(t, basic, func(*testing.T, *process) {})
	w.write("# comment\n" + basic)
	w.start().wantState(t, "running")
	w.wantJobs(t)
}

func TestABrokenFileAtARestartIsRefusedAndTouchesNoOne(t *testing.T) {
	for name, text := range map[string]string{
		"no syntax":       "workers: [",
		"a wrong value":   basic + "hostname: []\n",
		"another rundir":  strings.Replace(basic, "DIR/run", "/elsewhere", 1),
		"an empty file":   "",
		"an unknown key":  basic + "wrokers: 2\n",
		"a list":          "[]",
		"a missing value": "workers:\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := ended(t, basic, func(*testing.T, *process) {})
			before := w.live()
			w.write(text)
			err := w.process(w.sys.Client()).Start(t.Context())
			var problems config.Problems
			if !errors.As(err, &problems) {
				t.Errorf("start: %v", err)
			}
			w.wantJobs(t)
			w.wantLive(t, "after a refused start", before)
			// Fixed, it is as before.
			w.write(basic)
			w.start().wantState(t, "running")
			w.wantJobs(t)
		})
	}
}

func TestAFileThatNoWorkerAcceptsAtARestartTouchesNoOne(t *testing.T) {
	w := ended(t, basic, func(*testing.T, *process) {})
	before, pids := w.live(), w.sys.PIDs()
	w.write(basic + "lua: {script: 'no_such_function()'}\n")
	err := w.process(w.sys.Client()).Start(t.Context())
	var step *units.StepError
	if !errors.As(err, &step) || step.Step.Kind != units.Try || !step.Restored {
		t.Errorf("start: %v", err)
	}
	w.wantLive(t, "after a refused start", before)
	if diff := cmp.Diff(pids, w.sys.PIDs()); diff != "" {
		t.Errorf("processes:\n%s", diff)
	}
}

func TestAMissingFileAfterACrashDoesNotMatter(t *testing.T) {
	w := newWorld(t, basic)
	w.start().kill()
	if err := os.Remove(w.file); err != nil {
		t.Fatal(err)
	}
	w.sys.Watch()
	w.start().wantState(t, "running")
	w.wantJobs(t)
}

// A manager that writes other texts for the same configuration, as after an
// upgrade, adopts what runs; the next change brings the new texts.
func TestAnUpgradedRendererRestartsNoOne(t *testing.T) {
	for name, end := range map[string]func(*process){"orderly": (*process).end, "killed": (*process).kill} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			end(w.start())
			w.sys.Watch()
			w.host.CPUs = 16 // is part of the workers' text
			p := w.start()
			w.wantJobs(t)
			if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
				t.Fatal(err)
			}
			if jobs := strings.Join(w.sys.Jobs(), "\n"); !strings.Contains(jobs, "restart kresd@3.service") {
				t.Errorf("jobs of the reload:\n%s", jobs)
			}
			p.wantState(t, "running")
		})
	}
}

func TestAdoptionRepairsWhatHappenedMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*world)
		jobs []string
	}{
		{"a worker was stopped", func(w *world) { w.sys.AdminStop("kresd@2.service") }, []string{"start kresd@2.service"}},
		{"a worker crashes all the time", func(w *world) { w.sys.Crash("kresd@2.service") }, []string{"restart kresd@2.service"}},
		{"a worker too many was started", func(w *world) { w.sys.AdminStart("kresd@7.service") }, []string{"stop kresd@7.service"}},
		{"the rules were stopped", func(w *world) { w.sys.AdminStop(units.PolicyLoader) }, []string{
			"restart kres-policy-loader.service",
			"reset-rules kresd@1.service", "reset-rules kresd@2.service", "reset-rules kresd@3.service"}},
		{"the garbage collector was stopped", func(w *world) { w.sys.AdminStop(units.CacheGC) }, []string{"start kres-gc.service"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ended(t, basic, func(*testing.T, *process) {})
			before := w.live()
			c.do(w)
			p := w.start()
			if diff := cmp.Diff(places(c.jobs), places(w.sys.Jobs())); diff != "" {
				t.Errorf("jobs:\n%s", diff)
			}
			w.wantLive(t, "after adoption", before)
			p.wantState(t, "running")
		})
	}
}

func TestARecordThatCannotBeUsedIsNotInTheWay(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"cut off": func(t *testing.T, path string) { rewrite(t, path, func(s string) string { return s[:len(s)/2] }) },
		"empty":   func(t *testing.T, path string) { rewrite(t, path, func(string) string { return "" }) },
		"of another file": func(t *testing.T, path string) {
			rewrite(t, path, func(s string) string { return strings.Replace(s, "config.yaml", "other.yaml", 1) })
		},
		"without its generation": func(t *testing.T, path string) {
			if err := os.RemoveAll(filepath.Join(filepath.Dir(path), "generations")); err != nil {
				t.Fatal(err)
			}
		},
		"of something else": func(t *testing.T, path string) { rewrite(t, path, func(string) string { return `{"document": 5}` }) },
		"with a file for its generations": func(t *testing.T, path string) {
			folder := filepath.Join(filepath.Dir(path), "generations")
			if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		},
		"missing": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			w.start().kill()
			pids := w.sys.PIDs()
			spoil(t, filepath.Join(w.dir, "runtime/running.json"))
			w.sys.Watch()
			w.start().wantState(t, "running")
			w.wantJobs(t)
			if diff := cmp.Diff(pids, w.sys.PIDs()); diff != "" {
				t.Errorf("processes:\n%s", diff)
			}
		})
	}
}

// A manager that died comes back to what ran, but not to what it cannot be reached
// by or cannot understand: no one could correct that.
func TestARecordThatCannotComeBackIntoForceGivesWayToTheFile(t *testing.T) {
	usable := func(o *manager.Options) {
		o.Served = func(m config.Management) error {
			if filepath.Base(m.UnixSocket) == "api.sock" {
				return config.Problems{{Pointer: "/management/unix-socket", Severity: config.SeverityError, Message: "cannot listen on it"}}
			}
			return nil
		}
	}
	for name, spoil := range map[string]func(t *testing.T, path string){
		"a socket that cannot be bound": func(*testing.T, string) {},
		"a key of another version": func(t *testing.T, path string) {
			rewrite(t, path, func(s string) string { return strings.Replace(s, `"workers":`, `"wrokers":`, 1) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			w.start().kill()
			spoil(t, filepath.Join(w.dir, "runtime/running.json"))
			corrected := strings.ReplaceAll(basic, "DIR/api.sock", "DIR/other.sock") + "nsid: x\n"

			w.write("workers: [")
			var problems config.Problems
			if err := w.process(w.sys.Client(), usable).Start(t.Context()); !errors.As(err, &problems) || !strings.Contains(err.Error(), "config.yaml") {
				t.Errorf("with a broken file: %v", err)
			}
			w.write(corrected)
			p := w.process(w.sys.Client(), usable)
			if err := p.Start(t.Context()); err != nil {
				t.Fatalf("with the corrected file: %v", err)
			}
			p.run(t)
			p.settle(t)
			if s := p.wantState(t, "running"); s.FileDiffers {
				t.Errorf("the file is not in force: %+v", s)
			}
			if _, err := p.Running().Value("/nsid"); err != nil {
				t.Error(err)
			}
			if !strings.Contains(w.log.String(), "cannot restore what ran before; starting with the file") {
				t.Error("the log does not tell")
			}
		})
	}
}

// Another file is another configuration, whatever ran for the first.
func TestARecordOfAnotherFileDoesNotHideThisOne(t *testing.T) {
	w := newWorld(t, basic)
	w.start().kill()
	w.file = filepath.Join(w.dir, "other.yaml")
	w.write(basic + "nsid: x\n")
	p := w.start()
	if v, err := p.Running().Value("/nsid"); string(v) != `x` && string(v) != `"x"` {
		t.Errorf("running: %s %v", v, err)
	}
}

// A manager that has adopted and was killed has not ended in an orderly way.
func TestAKillAfterAnOrderlyRestartIsAKill(t *testing.T) {
	w := ended(t, basic, func(*testing.T, *process) {})
	w.start().kill()
	w.write(basic + "nsid: x\n")
	w.start()
	w.wantJobs(t)
}

// inUnit is a systemd that runs the manager as a service of its own.
type inUnit struct {
	*fakesystemd.Client
	restarts int
}

func (s inUnit) ObserveUnit(ctx context.Context, unit string) (units.Observed, error) {
	if unit == units.Manager {
		return units.Observed{Name: unit, ActiveState: "activating", MainPID: os.Getpid(), Restarts: s.restarts}, nil
	}
	return s.Client.ObserveUnit(ctx, unit)
}

// endAgain ends the manager to be started again.
func (p *process) endAgain() {
	p.kill()
	p.EndAgain()
}

// After a crash, and after an end of its own to be started again, who starts the manager
// decides whether the file is read: an administrator means it, systemd and a request do
// not.
func TestAfterACrashTheFileIsReadForWhoAskedForAStart(t *testing.T) {
	for _, test := range []struct {
		name     string
		restarts int
		woken    bool
		end      func(*process)
		want     bool
	}{
		{"someone", 0, false, (*process).kill, true},
		{"systemd", 1, false, (*process).kill, false},
		{"a request", 0, true, (*process).kill, false},
		{"someone, while it ends to be started again", 0, false, (*process).endAgain, true},
		{"systemd, after it has ended for that", 1, false, (*process).endAgain, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			p.change(t, "/local-data/addresses/live.example", `"192.0.2.7"`)
			test.end(p)
			start := func() *process {
				p := w.process(w.sys.Client(), func(o *manager.Options) {
					o.Systemd, o.Woken = inUnit{w.sys.Client(), test.restarts}, test.woken
				})
				if err := p.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				p.run(t)
				return p
			}
			// A file that no one has edited drops nothing.
			p = start()
			if _, err := p.Running().Value("/local-data/addresses/live.example"); err != nil {
				t.Errorf("the change over the API is gone: %v", err)
			}
			test.end(p)
			w.write(basic + "nsid: x\n")
			p = start()
			if _, err := p.Running().Value("/nsid"); (err == nil) != test.want {
				t.Errorf("the edited file is in force: %t, want %t", err == nil, test.want)
			}
		})
	}
}

// What was in the making when a manager was killed is not kept for ever.
func TestAStartRemovesFilesThatWereInTheMaking(t *testing.T) {
	w := newWorld(t, basic)
	w.start().kill()
	var left []string
	for _, name := range []string{
		"runtime/.applying.json.new-ABCDEFGHIJKL", "runtime/.applying.json3098127365", "runtime/.worker.new-ABCDEFGHIJKL",
		"runtime/generations/.0123456789abcdef.new-ABCDEFGHIJKL", "state/.confirm.json.new-ABCDEFGHIJKL",
		"state/generations/.new-3098127365", "state/history/.00000001.json.new-ABCDEFGHIJKL",
	} {
		path := filepath.Join(w.dir, name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		left = append(left, path)
	}
	w.start().wantState(t, "running")
	for _, path := range left {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
}

// rewrite changes the content of a file.
func rewrite(t *testing.T, path string, f func(string) string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(f(string(b))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Without a record the links say what a start that fails has to restore.
func TestAFailedStartWithoutARecordRestoresWhatRan(t *testing.T) {
	w := newWorld(t, basic)
	w.start().kill()
	before := w.live()
	if err := os.Remove(filepath.Join(w.dir, "runtime/running.json")); err != nil {
		t.Fatal(err)
	}
	w.write(basic + "nsid: x\n")
	w.sys.Script("restart kresd@2.service", fakesystemd.Fails)
	if err := w.process(w.sys.Client()).Start(t.Context()); err == nil {
		t.Error("the start succeeds")
	}
	w.wantLive(t, "after a failed start", before)
}
