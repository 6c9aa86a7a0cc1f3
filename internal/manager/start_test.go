// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

var equalEmpty = cmpopts.EquateEmpty()

func TestFirstStartBeginsWithTheRules(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	jobs := w.sys.Jobs()
	if jobs[0] != "restart kres-policy-loader.service" {
		t.Errorf("the first job is %s", jobs[0])
	}
	if first, gc := slices.Index(jobs, "start kresd@1.service"), slices.Index(jobs, "start kres-gc.service"); gc < first {
		t.Error("the garbage collector comes before the worker that makes the cache")
	}
	sorted := cmpopts.SortSlices(strings.Compare) // some go at the same time
	if diff := cmp.Diff([]string{"start kresd@1.service", "start kresd@2.service", "start kresd@3.service", "start kres-gc.service"}, jobs[1:], sorted); diff != "" {
		t.Error(diff)
	}
	s := p.wantState(t, "running")
	if s.Workers != 3 || len(s.Units) != 5 || s.FileDiffers || s.LastApply.Cause != "start" {
		t.Errorf("status: %+v", s)
	}
	if got := w.store.Linked(units.RoleWorker); got != s.Generation {
		t.Errorf("workers read generation %s, status tells %s", got, s.Generation)
	}
}

func TestFirstStartKeepsWhatServesAtTheNextBoot(t *testing.T) {
	w := newWorld(t, basic)
	s := w.start().wantState(t, "running")
	target, err := os.Readlink(filepath.Join(w.dir, "state/boot"))
	if err != nil || filepath.Base(target) != s.Generation {
		t.Errorf("the next boot reads %q (%v), want generation %s", target, err, s.Generation)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "state/boot/worker.lua")); err != nil {
		t.Error(err)
	}
}

func TestTicketSecretIsMadeOnceAndIsSecret(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	info, err := os.Stat(w.host.TicketSecret)
	if err != nil || info.Mode() != 0o640 || info.Size() < 32 {
		t.Fatalf("%v %v", info, err)
	}
	before, _ := os.ReadFile(w.host.TicketSecret)
	p.end()
	w.start()
	if after, _ := os.ReadFile(w.host.TicketSecret); string(after) != string(before) {
		t.Error("a restart made another secret: TLS sessions do not resume")
	}
}

func TestATicketSecretThatSomeoneHasSpoiltIsMadeAnew(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "garbage": "\377{[", "cut": strings.Repeat("a", 62), "longer": strings.Repeat("a", 66), "of other letters": strings.Repeat("x", 64),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			w.start().end()
			if err := os.WriteFile(w.host.TicketSecret, []byte(text), 0o640); err != nil {
				t.Fatal(err)
			}
			w.start()
			if after, err := os.ReadFile(w.host.TicketSecret); len(after) != 64 || string(after) == text {
				t.Errorf("the secret is %q (%v)", after, err)
			}
		})
	}
}

// The manager's own locks and checks come before any job.
func TestStartIsRefusedWithoutAnyJob(t *testing.T) {
	for _, c := range []struct {
		name  string
		upset func(t *testing.T, w *world)
		edit  func(*manager.Options)
		want  error
	}{
		{"while the stock service is active", func(_ *testing.T, w *world) { w.sys.SetStock("active") }, nil, manager.ErrStock},
		{"while the stock service is starting", func(_ *testing.T, w *world) { w.sys.SetStock("activating") }, nil, manager.ErrStock},
		{"while the stock service is stopping", func(_ *testing.T, w *world) { w.sys.SetStock("deactivating") }, nil, manager.ErrStock},
		{"without the configuration file", func(t *testing.T, w *world) { os.Remove(w.file) }, nil, os.ErrNotExist},
		{"with a file that is no configuration", func(_ *testing.T, w *world) { w.write("workers: [") }, nil, config.Problems{}},
		{"with a value that is not allowed", func(_ *testing.T, w *world) { w.write(basic + "hostname: []\n") }, nil, config.Problems{}},
		{"with another run directory than the units have", func(_ *testing.T, w *world) {
			w.write(strings.Replace(basic, "DIR/run", "/elsewhere", 1))
		}, nil, config.Problems{}},
		{"with more workers than there can be", func(_ *testing.T, w *world) {
			w.write(strings.Replace(basic, "workers: 3", "workers: 10000", 1))
		}, func(o *manager.Options) { o.Host.CPUs = 10000 }, config.Problems{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, basic)
			c.upset(t, w)
			if c.edit == nil {
				c.edit = func(*manager.Options) {}
			}
			err := w.process(w.sys.Client(), c.edit).Start(t.Context())
			var problems config.Problems
			if _, any := c.want.(config.Problems); any && !errors.As(err, &problems) || !any && !errors.Is(err, c.want) {
				t.Errorf("start: %v, want %v", err, c.want)
			}
			w.wantJobs(t)
			if entries, _ := os.ReadDir(filepath.Join(w.dir, "runtime/generations")); len(entries) > 0 {
				t.Errorf("generations were written: %v", entries)
			}
		})
	}
}

func TestAStartWaitsForTheBusAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		w.sys.Script("stock", slices.Repeat([]fakesystemd.Fault{fakesystemd.BusGone}, 20)...)
		p := w.start()
		p.wantState(t, "running")
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		w.sys.Break("stock", fakesystemd.BusGone)
		if err := w.process(w.sys.Client()).Start(t.Context()); !errors.Is(err, units.ErrUnavailable) {
			t.Errorf("start: %v", err)
		}
		w.wantJobs(t)
	})
}

// A manager that is stopped while it asks its first questions has not failed.
func TestAStartThatIsCanceledAtAQuestionSaysSo(t *testing.T) {
	for _, question := range []string{"stock", "observe-unit " + units.Manager, "observe"} {
		t.Run(question, func(t *testing.T) {
			w := newWorld(t, basic)
			w.sys.Script(question, fakesystemd.Hangs)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Millisecond, cancel)
			if err := w.process(w.sys.Client()).Start(ctx); !errors.Is(err, units.ErrCanceled) {
				t.Errorf("start: %v", err)
			}
			w.wantJobs(t)
		})
	}
}

func TestAStockServiceThatEndedIsNotInTheWay(t *testing.T) {
	for _, state := range []string{"", "inactive", "failed"} {
		w := newWorld(t, basic)
		w.sys.SetStock(state)
		w.start().wantState(t, "running")
	}
}

func TestOnlyOneManagerUsesARunDirectory(t *testing.T) {
	w := newWorld(t, basic)
	second := w.process(w.sys.Client())
	f, err := os.Create(filepath.Join(w.dir, "run/.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); !errors.Is(err, manager.ErrLocked) || !strings.Contains(err.Error(), w.dir) {
		t.Errorf("start: %v, want ErrLocked with the path", err)
	}
	w.wantJobs(t)
}

// A configuration that no process accepts must not leave a trail of processes
// that crash and start again forever.
func TestFailedFirstStartTellsWhy(t *testing.T) {
	w := newWorld(t, basic+"lua: {script: 'no_such_function()'}\n")
	err := w.process(w.sys.Client()).Start(t.Context())
	var step *units.StepError
	if !errors.As(err, &step) {
		t.Fatalf("start: %v", err)
	}
	if !strings.HasPrefix(step.Step.Unit, "kresd@") || !step.Refused {
		t.Errorf("it is step %+v, refused %t", step.Step, step.Refused)
	}
	if diff := cmp.Diff([]string{"no_such_function() is not defined"}, step.Log); diff != "" {
		t.Errorf("the daemon's own words are missing:\n%s", diff)
	}
	for name, u := range w.live() {
		if name != units.PolicyLoader {
			t.Errorf("%s is left %s", name, u.Active)
		}
	}
	// The next start tries again.
	w.write(basic)
	w.start().wantState(t, "running")
}

// A manager that is to end while it starts leaves alone what has come up.
func TestAStartThatIsEndedLeavesWhatServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic+"network: {listen: [{interface: 127.0.0.1, kind: dot}]}\n") // one worker comes first
		w.sys.Took = 10 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		if err := w.process(w.sys.Client()).Start(ctx); !errors.Is(err, units.ErrCanceled) {
			t.Fatalf("start: %v", err)
		}
		synctest.Wait()
		if got := w.sys.Live().RunningWorkers(); len(got) != 1 {
			t.Errorf("workers %v run", got)
		}
		w.sys.Took = 0
		w.start().wantState(t, "running")
	})
}

// Whatever a start that was ended has left undone, the next one does. What it has
// loaded is nothing that the workers know.
func TestAStartThatIsEndedAnywhereIsFinishedByTheNext(t *testing.T) {
	changed := strings.NewReplacer("192.0.2.1", "192.0.2.2").Replace(basic)
	for name, text := range map[string]string{
		"rules":            changed,
		"rules and more":   strings.Replace(changed, "workers: 3", "workers: 4", 1),
		"rules and config": changed + "nsid: x\n",
	} {
		t.Run(name, func(t *testing.T) {
			finished := newWorld(t, text)
			finished.start()
			for k, more := 1, true; more; k++ {
				t.Run(fmt.Sprint("moment ", k), func(t *testing.T) {
					w := newWorld(t, basic)
					w.start().end()
					w.write(text)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					w.sys.Between(func(m fakesystemd.Moment) {
						if m.N == k {
							cancel()
						}
					})
					p := w.process(w.sys.Client())
					err := p.Start(ctx)
					w.sys.Between(nil)
					if more = ctx.Err() != nil; !more {
						return
					}
					if err == nil { // too late to end it
						p.End()
					}
					w.start().wantState(t, "running")
					for unit, want := range finished.live() {
						if got := w.live()[unit]; got.Rules != want.Rules {
							t.Errorf("%s has rules %s and not %s", unit, got.Rules, want.Rules)
						}
					}
				})
				if k > 200 {
					t.Fatal("the start never ends")
				}
			}
		})
	}
}
