// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"testing"
	"testing/synctest"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// comeBack kills all processes and has systemd start them again, as it does
// without asking the manager: they must read what ran before.
func (w *world) comeBack() {
	for name := range w.sys.PIDs() {
		w.sys.Crash(name)
	}
	w.sys.AutoRestart()
}

func TestKilledProcessesComeBackAsConfigured(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.change(t, "/logging/level", `"debug"`)
	before := w.live()
	w.comeBack()
	w.wantLive(t, "after crashes", before)
	p.wantState(t, "running")
}

// A change that is refused leaves nothing behind that the next crash of a
// worker, or the next restart by someone else, would bring to light.
func TestKilledProcessesComeBackAsBeforeARefusedChange(t *testing.T) {
	for _, c := range []struct {
		name, call string
		fault      fakesystemd.Fault
	}{
		{"by the canary", "start " + units.Canary, fakesystemd.Fails},
		{"by the first worker", "restart kresd@1.service", fakesystemd.Fails},
		{"by the last worker", "restart kresd@3.service", fakesystemd.Fails},
		{"by the loader", "restart " + units.PolicyLoader, fakesystemd.Fails},
		{"without the bus", "restart kresd@1.service", fakesystemd.BusGone},
		{"by polkit", "restart kresd@1.service", fakesystemd.Denied},
		{"by someone else's job", "restart kresd@1.service", fakesystemd.Canceled},
		{"by polkit, at the rules", "restart " + units.PolicyLoader, fakesystemd.Denied},
		{"by polkit, at the garbage collector", "restart " + units.CacheGC, fakesystemd.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				before := w.live()
				w.sys.Script(c.call, c.fault)
				if _, step := p.refuse(t, everything(t)); !step.Restored {
					t.Fatalf("not restored after %v", step)
				}
				w.comeBack()
				w.wantLive(t, "after a refused change and crashes", before)
				w.sys.AdminStart(units.PolicyLoader, "kresd@1.service")
				w.wantLive(t, "after a refused change and systemctl restart", before)
			})
		})
	}
}

func TestKilledProcessesComeBackAsBeforeAManagerWasKilledInAChange(t *testing.T) {
	points(t, basic, func(t *testing.T, w *world, k int, after bool) bool {
		before := w.live()
		came := w.dropped(t, everything(t), k, after)
		w.start().wantState(t, "running")
		if came {
			w.comeBack()
			w.wantLive(t, "after the crash of the manager and of all processes", before)
		}
		return came
	})
}
