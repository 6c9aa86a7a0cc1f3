// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// weights returns the CPU weights of all workers that ever had one.
func (w *world) weights() map[string]uint64 {
	all := map[string]uint64{}
	for unit, l := range w.sys.LimitsSet() {
		all[unit] = l.CPUWeight
	}
	return all
}

func (w *world) wantWeights(t *testing.T, want map[string]uint64) {
	t.Helper()
	if diff := cmp.Diff(want, w.weights()); diff != "" {
		t.Errorf("weights:\n%s", diff)
	}
}

func TestLimitsAreSetAndLiftedWithoutARestart(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.sys.PIDs()
	p.change(t, "/systemd", "{cpu-weight: 200}")
	if diff := cmp.Diff(before, w.sys.PIDs()); diff != "" {
		t.Errorf("someone was restarted:\n%s", diff)
	}
	w.wantWeights(t, map[string]uint64{"kresd@1.service": 200, "kresd@2.service": 200, "kresd@3.service": 200})
	p.wantState(t, "running")
	if r := p.change(t, "/nsid", "x"); len(r.Plan.Touches(units.Set)) != 0 {
		t.Errorf("another change sets limits again:\n%s", r.Plan)
	}
	p.change(t, "/nsid", "null")
	before = w.sys.PIDs()
	// Who comes later has them before it starts, and who left loses them, too.
	p.change(t, "/workers", "4")
	w.wantWeights(t, map[string]uint64{"kresd@1.service": 200, "kresd@2.service": 200, "kresd@3.service": 200, "kresd@4.service": 200})
	p.change(t, "/workers", "3")
	p.change(t, "/systemd/cpu-weight", "null")
	const no = uint64(units.Unlimited)
	w.wantWeights(t, map[string]uint64{"kresd@1.service": no, "kresd@2.service": no, "kresd@3.service": no, "kresd@4.service": no})
	if diff := cmp.Diff(before, w.sys.PIDs()); diff != "" {
		t.Errorf("someone was restarted:\n%s", diff)
	}
}

func TestWithoutTheRuleALimitIsRefusedBeforeAnythingIsTouched(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	before := w.live()
	w.sys.Jobs()
	w.sys.Break("set kresd@1.service", fakesystemd.Denied)
	_, err := p.Change(t.Context(), put(t, "", strings.ReplaceAll(basic, "DIR", w.dir)+"nsid: x\nsystemd: {memory-max: 1G}\n"))
	if err == nil || !strings.Contains(err.Error(), "ln -s ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	w.wantJobs(t, "set kresd@1.service")
	w.wantLive(t, "after a refusal", before)
	if _, err := p.Running().Value("/systemd"); err == nil {
		t.Error("the configuration has it")
	}
	p.wantState(t, "running")
}

func TestALimitThatFailsHalfWayIsTakenBack(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Script("start "+units.Canary, fakesystemd.Fails)
	_, err := p.Change(t.Context(), put(t, "", strings.ReplaceAll(basic, "DIR", w.dir)+"nsid: x\nsystemd: {cpu-weight: 9}\n"))
	if err == nil {
		t.Fatal("the canary's failure is none")
	}
	const no = uint64(units.Unlimited)
	w.wantWeights(t, map[string]uint64{"kresd@1.service": no, "kresd@2.service": no, "kresd@3.service": no})
}

func TestLimitsOfAnInterruptedChangeAreLifted(t *testing.T) {
	w := newWorld(t, basic)
	client := w.sys.Client()
	p := w.process(client)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.settle(t)
	client.FreezeAt(2, false) // when one worker has its limit
	done := make(chan error)
	go func() {
		_, err := p.Change(t.Context(), put(t, "/systemd", "{cpu-weight: 9}"))
		done <- err
	}()
	<-client.Frozen()
	w.wantWeights(t, map[string]uint64{"kresd@1.service": 9})
	client.Thaw()
	<-done
	p.kill()
	again := w.start()
	w.wantWeights(t, map[string]uint64{"kresd@1.service": units.Unlimited})
	again.wantState(t, "running")
}

func TestAManagerThatMayNotSetLimitsServesAllTheSame(t *testing.T) {
	w := newWorld(t, basic+"systemd: {cpu-weight: 200}\n")
	for _, unit := range []string{"kresd@1.service", "kresd@2.service", "kresd@3.service"} {
		w.sys.Break("set "+unit, fakesystemd.Denied)
	}
	p := w.start()
	s := p.wantState(t, "degraded")
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "polkit does not let kresd-manager set limits") {
		t.Errorf("warnings %q", s.Warnings)
	}
	if n := len(w.sys.PIDs()); n != 4 {
		t.Errorf("%d processes", n)
	}
}

func TestALimitThatWouldKillWorkersIsRefused(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Hold("kresd@2.service", 300<<20)
	w.sys.Jobs()
	_, err := p.Change(t.Context(), put(t, "/systemd", "{memory-max: 200M}"))
	if err == nil || !strings.Contains(err.Error(), "kresd@2.service has 300 MiB") {
		t.Errorf("got %v", err)
	}
	w.wantJobs(t)
	p.change(t, "/systemd", "{memory-max: 400M}")
}

func TestWhatOnlyUnitFilesCanSayIsComparedWithThem(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	_, err := p.Change(t.Context(), put(t, "/systemd", "{restart: on-failure, slice: dns.slice}"))
	if err == nil {
		t.Fatal("it is accepted")
	}
	for _, want := range []string{
		"/systemd/restart: the unit kresd@.service has Restart=always", `printf '[Service]\nRestart=on-failure\n'`, "05-restart.conf",
		"/systemd/slice: the unit kresd@.service has Slice=system-kresd.slice", `printf '[Service]\nSlice=dns.slice\n'`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %s:\n%v", want, err)
		}
	}
	w.sys.SetText("Restart", "on-failure")
	w.sys.SetText("Slice", "dns.slice")
	if r := p.change(t, "/systemd", "{restart: on-failure, slice: dns.slice}"); !r.Plan.Empty() {
		t.Errorf("there is something to do:\n%s", r.Plan)
	}
}

func TestTheGeneratorHasTheUnitFilesSayIt(t *testing.T) {
	w := newWorld(t, basic)
	p := w.process(w.sys.Client(), func(o *manager.Options) { o.Generator = true })
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.change(t, "/systemd", "{restart: on-failure, slice: dns.slice}")
	s := p.wantState(t, "running")
	if len(s.Warnings) != 2 || !strings.Contains(s.Warnings[0], "still say Restart=always") || !strings.Contains(s.Warnings[1], "systemctl daemon-reload") {
		t.Errorf("warnings %q", s.Warnings)
	}
	w.sys.SetText("Restart", "on-failure")
	w.sys.SetText("Slice", "dns.slice")
	if s := p.wantState(t, "running"); len(s.Warnings) != 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
}

func TestLimitsThatDriftAreSetAgain(t *testing.T) {
	w := newWorld(t, basic+"systemd: {cpu-weight: 200}\n")
	p := w.start()
	before := w.sys.PIDs()
	if err := w.sys.Set(t.Context(), "kresd@2.service", []units.Setting{{Name: "CPUWeight", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	p.wantState(t, "degraded")
	if r := p.change(t, "/systemd/soak", "1ms"); r.Plan.String() != "1 step to generation "+r.Generation+"\n  1  set      kresd@2.service             CPUWeight 1 → 200\n" {
		t.Errorf("plan: %s", r.Plan)
	}
	if diff := cmp.Diff(before, w.sys.PIDs()); diff != "" {
		t.Errorf("someone was restarted:\n%s", diff)
	}
}
