// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// component is the value of /components/NAME.
func component(kind string, command ...string) string {
	return `{"kind": "` + kind + `", "command": ["/bin/` + strings.Join(command, `", "`) + `"]}`
}

const collector = "kres-component@collector.service"

func TestComponentsComeChangeAndGo(t *testing.T) {
	for _, kind := range []string{"core", "needed", "dispensable"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				w.sys.Watch()
				p.change(t, "/components/collector", component(kind, "collect"))
				w.wantJobs(t, "start "+collector)
				first := w.live()[collector].Config
				p.change(t, "/components/collector", component(kind, "collect", "-v"))
				w.wantJobs(t, "restart "+collector)
				if w.live()[collector].Config == first {
					t.Error("it runs the command it ran before")
				}
				p.change(t, "/nsid", `"x"`)
				for _, j := range w.sys.Jobs() {
					if strings.HasSuffix(j, collector) {
						t.Errorf("job: %s", j)
					}
				}
				p.change(t, "/components/collector", component("dispensable", "collect", "-v"))
				w.sys.Jobs()
				if _, err := p.Change(t.Context(), units.Change{Cause: "DELETE", Edit: deleted("/components")}); err != nil {
					t.Fatal(err)
				}
				w.wantJobs(t, "stop "+collector)
				p.wantState(t, "running")
			})
		})
	}
}

func TestAComponentThatCannotBeStartedRefusesTheChange(t *testing.T) {
	for _, kind := range []string{"core", "needed", "dispensable"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic)
				p := w.start()
				before := w.live()
				_, step := p.refuse(t, put(t, "/components/collector", component(kind, "collect", fakesystemd.Refusal)))
				if step.Step.Unit != collector || !step.Refused || !step.Restored {
					t.Errorf("%+v", step)
				}
				w.wantLive(t, "after a refused change", before)
			})
		})
	}
}

// The ten-second rule: what ends that soon cannot be what was meant.
func TestANeededComponentThatEndsSoonRefusesTheChange(t *testing.T) {
	for after, kept := range map[time.Duration]bool{5 * time.Second: false, 15 * time.Second: true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			go func() {
				time.Sleep(after)
				w.sys.Crash(collector)
			}()
			_, err := p.Change(t.Context(), put(t, "/components/collector", component("needed", "collect")))
			if kept != (err == nil) {
				t.Errorf("it ends after %v: %v", after, err)
			}
			time.Sleep(time.Minute)
		})
	}
}

func TestADispensableComponentMayEndAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		began := time.Now()
		p.change(t, "/components/collector", component("dispensable", "collect"))
		if took := time.Since(began); took > time.Second {
			t.Errorf("the change waited for %v", took)
		}
	})
}

// At a start DNS comes first.
func TestAStartGoesOnWithoutADispensableComponent(t *testing.T) {
	w := newWorld(t, basic+"components: {collector: "+component("dispensable", "collect", fakesystemd.Refusal)+"}\n")
	s := w.start().wantState(t, "degraded")
	if len(w.sys.PIDs()) != 4 { // workers and the garbage collector
		t.Errorf("these run: %v", w.sys.PIDs())
	}
	if s.LastApply.Error != "" {
		t.Errorf("the start failed: %s", s.LastApply.Error)
	}
}

func TestTheEndOfACoreComponentTakesTheResolverDown(t *testing.T) {
	for _, kind := range []string{"core", "needed"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, basic+"components: {collector: "+component(kind, "collect")+"}\n")
				p := w.start()
				before := w.live()
				w.sys.Fail(collector)
				p.drift()
				if pids := w.sys.PIDs(); len(pids) > 0 {
					t.Errorf("these still run: %v", pids)
				}
				s := p.wantState(t, "failed")
				if !strings.Contains(s.Down, collector) || !strings.Contains(s.Down, "kresctl reload") {
					t.Errorf("status says why: %q", s.Down)
				}
				w.sys.Watch()
				time.Sleep(time.Hour)
				w.wantJobs(t)
				if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
					t.Fatal(err)
				}
				w.wantLive(t, "after a reload", before)
				p.wantState(t, "running")
			})
		})
	}
}

func TestACoreComponentIsNotRemovedByAccident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic+"components: {collector: "+component("core", "collect")+"}\n")
		p := w.start()
		before := w.live()
		_, err := p.Change(t.Context(), units.Change{Cause: "DELETE /components", Edit: deleted("/components")})
		if err == nil || !strings.Contains(err.Error(), "/components/collector") || !strings.Contains(err.Error(), "dispensable first") {
			t.Errorf("removal: %v", err)
		}
		w.wantLive(t, "after a refused change", before)
		// The file is the administrator's own word.
		w.write(basic)
		if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
			t.Error(err)
		}
	})
}

func TestAComponentThatEndedIsNotForgottenByANewManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic+"components: {collector: "+component("dispensable", "collect")+"}\n")
		p := w.start()
		before := w.live()
		p.kill()
		w.sys.AdminStop(collector)
		w.start().wantState(t, "running")
		w.wantLive(t, "after another start", before)
	})
}
