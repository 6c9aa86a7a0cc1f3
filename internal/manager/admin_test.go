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

	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// stopped fails the test if anything was started since the administrator stopped
// the target.
func (w *world) stopped(t *testing.T, when string) {
	t.Helper()
	for _, j := range w.sys.Jobs() {
		if !strings.HasPrefix(j, "stop ") && !strings.HasPrefix(j, "queue-stop ") {
			t.Errorf("%s: job %s", when, j)
		}
	}
	if live := w.sys.Live().RunningWorkers(); len(live) > 0 {
		t.Errorf("%s: workers %v run", when, live)
	}
}

// Whoever stops the target means all of it. The configuration goes its way without
// it, and what is in force then is what the next start reads.
func TestNothingThatNoOneAskedForStartsWhatWasStopped(t *testing.T) {
	for name, happens := range map[string]func(t *testing.T, w *world, p *process){
		"a confirmation that no one gave": func(t *testing.T, w *world, p *process) {
			p.unconfirmed(t, "/workers", "2", time.Minute)
			w.sys.StopTarget()
			w.sys.Watch()
			time.Sleep(2 * time.Minute)
			if p.value("/workers") != "3" || p.History().Waiting != nil {
				t.Errorf("%s workers are wanted, waiting: %v", p.value("/workers"), p.History().Waiting)
			}
		},
		"an unconfirmed change over a restart": func(t *testing.T, w *world, p *process) {
			p.unconfirmed(t, "/workers", "2", time.Minute)
			w.sys.StopTarget()
			w.sys.Watch()
			p.end()
			time.Sleep(2 * time.Minute)
			if p = w.start(); p.value("/workers") != "3" {
				t.Errorf("%s workers are wanted", p.value("/workers"))
			}
		},
		"a restart of the manager": func(t *testing.T, w *world, p *process) {
			w.sys.StopTarget()
			w.sys.Watch()
			p.end()
			w.start()
		},
		"a crash of the manager": func(t *testing.T, w *world, p *process) {
			w.sys.StopTarget()
			w.sys.Watch()
			p.kill()
			w.start()
		},
		"a restart with another file": func(t *testing.T, w *world, p *process) {
			w.sys.StopTarget()
			w.sys.Watch()
			p.end()
			w.write(basic + "nsid: x\n")
			if p = w.start(); p.value("/nsid") != `"x"` {
				t.Errorf("nsid %s", p.value("/nsid"))
			}
		},
		"workers that did not stay up before": func(t *testing.T, w *world, p *process) {
			p.change(t, "/nsid", `"x"`)
			p.drift()
			for range 5 {
				for n := 1; n <= 3; n++ {
					w.sys.Crash(units.Worker(n))
				}
				w.sys.AutoRestart()
			}
			w.sys.StopTarget()
			w.sys.Watch()
			p.drift()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				happens(t, w, w.start())
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				w.stopped(t, "while the target is stopped")
			})
		})
	}
}

// Whoever stops the manager too and then starts it means all of it, which a request
// that wakes it does not.
func TestAStartOfAManagerThatWasStoppedStartsAll(t *testing.T) {
	for _, woken := range []bool{false, true} {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		w.sys.StopTarget()
		w.sys.EndingManager("stop")
		p.end()
		w.sys.EndingManager("")
		w.write("workers: [") // a start that fails changes nothing of it
		if err := w.process(w.sys.Client()).Start(t.Context()); err == nil {
			t.Fatal("it started")
		}
		w.write(basic)
		w.sys.Watch()
		p = w.process(w.sys.Client(), func(o *manager.Options) { o.Woken = woken })
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.run(t)
		p.settle(t)
		if woken {
			w.stopped(t, "after a request")
			continue
		}
		w.wantLive(t, "after the start", before)
		p.end() // this time it is restarted
		w.sys.StopTarget()
		w.sys.Watch()
		w.start()
		w.stopped(t, "after a restart")
	}
}

// The stop comes at any moment of a change, from which on nothing is started, neither
// by the change nor by its failure. A request may have a job under way at that moment.
func TestAStopInTheMiddleOfAChangeIsTheLastWord(t *testing.T) {
	for at := 100 * time.Millisecond; at < 6*time.Second; at += 500 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				doc := p.Running().ETag()
				w.sys.Took = time.Second
				done := make(chan error, 1)
				go func() {
					_, err := p.Change(t.Context(), everything(t))
					done <- err
				}()
				time.Sleep(at)
				w.sys.StopTarget()
				w.sys.Watch()
				if err := <-done; err == nil {
					t.Fatal("the change is said to have succeeded")
				} else if errors.Is(err, units.ErrTargetStopped) && !strings.Contains(err.Error(), "systemctl start kresd.target") {
					t.Errorf("it does not say what to do: %v", err)
				}
				w.sys.Took = 0
				p.drift()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				w.stopped(t, "after the stop")
				if p.Running().ETag() != doc {
					t.Error("another configuration is the running one")
				}
				w.sys.AdminStart(units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@3.service")
				p.drift()
				p.wantState(t, "running")
			})
		})
	}
}

// What the manager itself has taken down comes back with a start of it, once what
// ended has been put right.
func TestWhatTheManagerTookDownComesBackWithARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic+"components: {mirror: {kind: core, command: [/usr/bin/mirror]}}\n")
		p := w.start()
		before := w.live()
		w.sys.Fail("kres-component@mirror.service")
		p.drift()
		p.wantState(t, "failed")
		p.kill()
		w.sys.AdminStop("kres-component@mirror.service")
		p = w.start()
		w.wantLive(t, "after the restart", before)
		p.wantState(t, "running")
	})
}

// A full disk is met before the first step, and not after the last.
func TestWhatCannotBeRecordedIsRefusedBeforeAnythingHappens(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before, doc := w.live(), p.Running().ETag()
	// Nothing can be written there.
	if err := os.MkdirAll(filepath.Join(w.dir, "runtime/running.json.next/taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.sys.Watch()
	_, err := p.Change(t.Context(), put(t, "/nsid", `"x"`))
	if err == nil || !strings.Contains(err.Error(), "cannot record the change before it begins") {
		t.Errorf("change: %v", err)
	}
	w.wantJobs(t)
	w.wantLive(t, "after it was refused", before)
	if p.Running().ETag() != doc {
		t.Error("it is the running configuration")
	}
	if _, err := os.Stat(filepath.Join(w.dir, "runtime/applying.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal: %v", err)
	}
}

// To serve is worth more than to have it on record.
func TestAFullDiskKeepsNoManagerFromStarting(t *testing.T) {
	for _, clean := range []bool{true, false} {
		w := newWorld(t, basic)
		p := w.start()
		before, pids := w.live(), w.sys.PIDs()
		if clean {
			p.end()
		} else {
			p.kill()
		}
		if err := os.MkdirAll(filepath.Join(w.dir, "runtime/running.json.next/taken"), 0o755); err != nil {
			t.Fatal(err)
		}
		w.sys.AdminStop("kresd@2.service")
		w.start().wantState(t, "running")
		w.wantLive(t, "after the start", before)
		if pids["kresd@1.service"] != w.sys.PIDs()["kresd@1.service"] {
			t.Error("another worker was restarted")
		}
	}
}

// Nor does one that keeps the file from being applied, which has changed.
func TestAFullDiskAndAnotherFileLeaveWhatRan(t *testing.T) {
	for _, clean := range []bool{true, false} {
		w := newWorld(t, basic)
		p := w.start()
		before, doc := w.live(), p.Running().ETag()
		if clean {
			p.end()
		} else {
			p.kill()
		}
		w.write(basic + "nsid: x\n")
		if err := os.MkdirAll(filepath.Join(w.dir, "runtime/running.json.next/taken"), 0o755); err != nil {
			t.Fatal(err)
		}
		p = w.process(w.sys.Client(), func(o *manager.Options) {
			o.Systemd = inUnit{w.sys.Client(), 0} // someone starts it
		})
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.run(t)
		p.settle(t)
		w.wantLive(t, "after the start", before)
		s := p.wantState(t, "running")
		if p.Running().ETag() != doc || !s.FileDiffers {
			t.Errorf("running %s, the file differs: %t", p.Running().ETag(), s.FileDiffers)
		}
		if h := p.History().Entries; h[0].Outcome != units.OutcomeFailed || !strings.Contains(h[0].Error, "cannot record the change") {
			t.Errorf("history: %+v", h[0])
		}
	}
}

func TestAConfirmationThatIsNotOnDiskIsNone(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.unconfirmed(t, "/workers", "2", 10*time.Minute)
	text, err := os.ReadFile(w.promiseFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.promiseFile()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(w.promiseFile(), "taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = p.Confirm(t.Context(), units.Who{})
	if err == nil || !strings.Contains(err.Error(), "cannot write down that change 2 is confirmed") || p.History().Waiting == nil {
		t.Errorf("confirmed with %v, waiting %v", err, p.History().Waiting)
	}
	if err := errors.Join(os.RemoveAll(w.promiseFile()), os.WriteFile(w.promiseFile(), text, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Confirm(t.Context(), units.Who{}); err != nil || p.History().Waiting != nil {
		t.Errorf("confirmed with %v, waiting %v", err, p.History().Waiting)
	}
}

// Which change is the last one is known when the turn of the rollback comes.
func TestARollbackThatWaitsGoesBackFromWhatItWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		p.change(t, "/workers", "2")
		w.sys.Took = time.Second
		done := make(chan error, 1)
		go func() {
			_, err := p.Change(t.Context(), put(t, "/workers", "4"))
			done <- err
		}()
		time.Sleep(100 * time.Millisecond)
		r, err := p.Rollback(t.Context(), 0, units.Again{})
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
		if p.value("/workers") != "2" || r.Cause != "rollback to 2" {
			t.Errorf("%s workers, cause %q", p.value("/workers"), r.Cause)
		}
	})
}

func TestARefusedStartIsInTheHistory(t *testing.T) {
	for name, text := range map[string]string{"no YAML": "workers: [", "a wrong value": basic + "hostname: []\n"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			w.start().end()
			w.write(text)
			if err := w.process(w.sys.Client()).Start(t.Context()); err == nil {
				t.Fatal("it started")
			}
			w.write(basic)
			h := w.start().History()
			if len(h.Entries) != 2 || h.Entries[0].Outcome != units.OutcomeFailed || h.Entries[0].Who.Via != units.ViaStart || h.Entries[0].Error == "" {
				t.Errorf("history: %+v", h.Entries)
			}
		})
	}
}

// One worker that does not stay up while the others do has a reason of its own, as a
// drop-in.
func TestOneWorkerDoesNotSpeakAgainstAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		p.change(t, "/nsid", `"x"`)
		p.drift()
		for range 9 {
			w.sys.Crash("kresd@2.service")
			p.Drifted("")
			time.Sleep(100 * time.Millisecond)
			w.sys.AutoRestart()
			p.drift()
		}
		if p.value("/nsid") != `"x"` {
			t.Error("the change was taken back")
		}
	})
}

// What was changed over the API is no fault of the file.
func TestAChangeOverTheAPIThatIsTakenBackIsNoFaultOfTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		p.change(t, "/nsid", `"x"`)
		p.drift()
		for range 6 {
			for n := 1; n <= 3; n++ {
				w.sys.Crash(units.Worker(n))
			}
			p.Drifted("")
			time.Sleep(100 * time.Millisecond)
			w.sys.AutoRestart()
			p.drift()
		}
		if s := p.wantState(t, "running"); s.FileDiffers || !strings.Contains(s.LastApply.Cause, "do not stay up") {
			t.Errorf("the file differs: %t, last change %q", s.FileDiffers, s.LastApply.Cause)
		}
	})
}

// What can be done without, and comes before DNS, may fail for its own reasons, and not
// because no one knows what was done.
func TestALostBusIsNoReasonToGoOn(t *testing.T) {
	for fault, survives := range map[fakesystemd.Fault]bool{fakesystemd.Fails: true, fakesystemd.BusGone: false, fakesystemd.Denied: false} {
		w := newWorld(t, basic+"components: {mirror: {kind: dispensable, priority: 150, command: [/usr/bin/mirror]}}\n")
		w.sys.Script("start kres-component@mirror.service", fault)
		err := w.process(w.sys.Client()).Start(t.Context())
		if (err == nil) != survives {
			t.Errorf("a start with fault %v: %v", fault, err)
		}
	}
}

// A repair of something else has told no worker of the rules.
func TestARepairOfSomethingElseTellsNoOneOfTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		before := w.live()
		// New rules are taken back, of which one worker has been told and cannot be
		// told again.
		w.sys.Script("reset-rules kresd@2.service", append([]fakesystemd.Fault{fakesystemd.None}, slices.Repeat([]fakesystemd.Fault{fakesystemd.Mute}, 30)...)...)
		w.sys.Script("reset-rules kresd@3.service", fakesystemd.Mute)
		p.refuse(t, put(t, "/local-data/addresses/new.example", `"192.0.2.2"`))
		for range 20 { // the pauses between attempts become long
			p.drift()
		}
		w.sys.AdminStop(units.CacheGC)
		p.drift() // which is repaired, while kresd@2 has to wait
		w.sys.ClearFaults()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		w.wantLive(t, "at last", before)
	})
}

// After a defect no one knows what was done, so the process ends and the next one
// finds out.
func TestADefectEndsTheProcess(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Script("restart kresd@2.service", fakesystemd.Panics)
	_, err := p.Change(t.Context(), put(t, "/nsid", `"x"`))
	if err == nil || strings.Contains(err.Error(), "panic") || !strings.Contains(err.Error(), "starts again") {
		t.Errorf("change: %v", err)
	}
	<-p.Ended()
	if !p.Failed() {
		t.Error("it does not say why it ended")
	}
	if _, err := p.Change(t.Context(), put(t, "/nsid", `"y"`)); !errors.Is(err, units.ErrStopping) {
		t.Errorf("the next change: %v", err)
	}
	p.End()
	w.start().wantState(t, "running")
	w.wantLive(t, "after the next start", before)
}

// All was stopped, and is started; the manager is restarted before its first job. The one that
// comes then starts what was to be started.
func TestARestartInTheMiddleOfAStartGoesOnWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		p.settle(t)
		w.sys.EndingManager("stop")
		w.sys.StopTarget()
		p.end()
		w.sys.EndingManager("restart")
		w.sys.Script("restart "+units.PolicyLoader, fakesystemd.Hangs) // as while polkit is asked
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		second := w.process(w.sys.Client())
		_ = second.Start(ctx)
		second.Leave()
		if live := w.sys.Live().RunningWorkers(); len(live) > 0 {
			t.Fatalf("workers %v run already", live)
		}
		w.sys.EndingManager("")
		w.start().wantState(t, "running")
	})
}

// Someone stops all while the manager starts it, before any worker runs. At that moment there
// is nothing to stop, and systemd may be asking polkit about the first job; the stop counts all
// the same, and systemd, which starts again a manager that fails, does not undo it.
func TestAStopInTheMiddleOfAStartIsTheLastWord(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"the first start": func(*world) {},
		"a start with another file": func(w *world) {
			p := w.start()
			w.sys.EndingManager("stop")
			w.sys.StopTarget()
			p.end()
			w.sys.EndingManager("")
			w.write(basic + "nsid: x\n")
		},
	} {
		for k, more := 1, true; more; k++ {
			t.Run(fmt.Sprint(name, "/moment ", k), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, basic)
					prepare(w)
					w.sys.Jobs()
					more = false
					w.sys.Between(func(m fakesystemd.Moment) {
						if m.N == k {
							more = true
							w.sys.StopTarget()
						}
					})
					w.sys.Took = 20 * time.Millisecond
					var p *process
					var err error
					for range 3 { // Restart=on-failure
						p = w.process(w.sys.Client())
						if err = p.Start(t.Context()); err == nil {
							break
						}
					}
					w.sys.Between(nil)
					if err != nil {
						t.Fatalf("the manager does not start: %v", err)
					}
					p.run(t)
					p.settle(t)
					if !more {
						p.wantState(t, "running")
						return
					}
					p.drift()
					time.Sleep(time.Minute)
					synctest.Wait()
					if live := w.sys.Live().RunningWorkers(); len(live) > 0 {
						t.Errorf("workers %v run; jobs: %v", live, w.sys.Jobs())
					}
					p.wantState(t, "stopped")
					w.sys.AdminStart(units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@3.service")
					time.Sleep(time.Second)
					p.drift()
					p.wantState(t, "running")
				})
			})
			if k > 200 {
				t.Fatal("the start never ends")
			}
		}
	}
}
