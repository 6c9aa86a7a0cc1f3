// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/test/load"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// steps lists a plan as "kind unit".
func steps(p units.Plan) []string {
	var s []string
	for _, st := range p.Steps {
		s = append(s, string(st.Kind)+" "+st.Unit)
	}
	return s
}

func TestNewLocalDataRestartsNoOne(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	plan := sut.Put(t, "/local-data/addresses/new.example", `"192.0.2.7"`)
	sut.Expect(t, "new.example.", "192.0.2.7")
	want := []string{"load kres-policy-loader.service", "reset kresd@1.service", "reset kresd@2.service"}
	if diff := cmp.Diff(want, steps(plan)); diff != "" {
		t.Error(diff)
	}
	sut.Put(t, "/local-data/records", `"txt.example. TXT \"it's [[here]]\"\nmore.example. 60 A 192.0.2.8\n"`)
	sut.Expect(t, "more.example.", "192.0.2.8")
	sut.Expect(t, "host.example.", "192.0.2.1")
	if a := sut.Call(t, "DELETE", "/v1/config/local-data/addresses/new.example", ""); a.Code != 200 {
		t.Errorf("DELETE: %d %s", a.Code, a.Body)
	}
	if got, err := sut.Query("udp", "new.example.", 5*time.Second); err == nil && len(got) > 0 {
		t.Errorf("new.example is still %v", got)
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}

func TestNoChangeIsNoStep(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	for pointer, value := range map[string]string{
		"/workers":          "2",
		"/cache":            `{"size-max": "102400K"}`, // the default, in other words
		"/dnssec":           `{"enable": false, "sentinel": true}`,
		"/logging":          `{}`,
		"/network/tls":      `{}`,
		"/network/listen/0": `{"interface": "127.0.0.1@53"}`,
	} {
		if plan := sut.Put(t, pointer, value); !plan.Empty() {
			t.Errorf("PUT %s: %s", pointer, plan)
		}
	}
	if out := sut.Must(t, "kresctl", "reload"); !strings.Contains(out, "applied; nothing needs to restart") {
		t.Errorf("kresctl reload: %s", out)
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}

func TestWorkersTwoFourOne(t *testing.T) {
	sut.Fresh(t, basic)
	two := sut.PIDs(t)
	sut.Put(t, "/workers", "4")
	four := sut.PIDs(t)
	if len(four) != 5 { // and the garbage collector
		t.Fatalf("running with 4 workers: %v", four)
	}
	for unit, pid := range two {
		if four[unit] != pid {
			t.Errorf("%s was restarted by a change of the worker count", unit)
		}
	}
	plan := sut.Put(t, "/workers", "1")
	one := sut.PIDs(t)
	if len(one) != 2 || one["kresd@1.service"] != two["kresd@1.service"] {
		t.Errorf("running with 1 worker: %v, before %v\n%s", one, two, plan)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	if failed := sut.Must(t, "systemctl", "--failed", "--no-legend", "list-units", "kres*"); failed != "" {
		t.Errorf("failed units: %s", failed)
	}
}

// TestRollingChangeUnderLoad prints what a rolling restart of all workers costs
// those who ask meanwhile.
func TestRollingChangeUnderLoad(t *testing.T) {
	for _, workers := range []string{"4", "1"} {
		t.Run(workers+" workers", func(t *testing.T) {
			sut.Fresh(t, strings.Replace(basic, "workers: 2", "workers: "+workers, 1))
			before := sut.PIDs(t)
			report, plan := underLoad(t, func() units.Plan { return sut.Put(t, "/nsid", `"changed"`) })
			t.Logf("%s under load: sent %d, lost %d, refused %d, wrong %d, dropped by full buffers %d; median %s, worst %s\n%s",
				workers, report.Sent, report.Lost, report.Errors, report.Wrong, report.RcvbufErrors, report.Median, report.Worst, plan)
			if report.Lost > report.RcvbufErrors || report.Errors > 0 || report.Wrong > 0 {
				t.Errorf("a rolling restart cost queries: %+v", report)
			}
			for unit, pid := range sut.PIDs(t) {
				if unit != "kres-gc.service" && before[unit] == pid {
					t.Errorf("%s was not restarted", unit)
				}
			}
			sut.Expect(t, "host.example.", "192.0.2.1")
		})
	}
}

// underLoad runs f while queries are sent at a constant rate.
func underLoad[T any](t *testing.T, f func() T) (load.Report, T) {
	t.Helper()
	machine.Alone(t)
	var wg sync.WaitGroup
	var report load.Report
	var err error
	ctx, stop := loadContext(t)
	wg.Go(func() {
		report, err = load.Run(ctx, load.Config{
			Enter:    sut.InNetNS,
			Addr:     "127.0.0.1:53",
			Name:     "host.example.",
			QPS:      2000,
			Sources:  32,
			Duration: 30 * time.Second,
			Timeout:  5 * time.Second,
		})
	})
	time.Sleep(300 * time.Millisecond)
	got := f()
	time.Sleep(300 * time.Millisecond)
	stop()
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if report.Sent < 500 {
		t.Fatalf("only %d queries were sent", report.Sent)
	}
	return report, got
}

func TestGarbageCollectorOnAndOff(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	sut.Put(t, "/cache/garbage-collector", `{"interval": "2s"}`)
	restarted := sut.PIDs(t)
	if restarted["kres-gc.service"] == 0 || restarted["kres-gc.service"] == before["kres-gc.service"] {
		t.Errorf("new options did not restart the garbage collector: %v, %v", before, restarted)
	}
	sut.Put(t, "/cache/garbage-collector/enable", `false`)
	off := sut.PIDs(t)
	if off["kres-gc.service"] != 0 {
		t.Errorf("the garbage collector still runs")
	}
	sut.Put(t, "/cache/garbage-collector/enable", `true`)
	on := sut.PIDs(t)
	if on["kres-gc.service"] == 0 {
		t.Errorf("the garbage collector does not run")
	}
	for _, unit := range []string{"kresd@1.service", "kresd@2.service"} {
		if on[unit] != before[unit] {
			t.Errorf("%s was restarted", unit)
		}
	}
}

func TestForwardNeedsNoRestartAndCacheSizeDoes(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	plan := sut.Put(t, "/forward", `[{"subtree": "fwd.example", "servers": ["127.0.0.1@5300"], "options": {"dnssec": false}}]`)
	if len(plan.Touches(units.Restart)) != 0 || !maps.Equal(before, sut.PIDs(t)) {
		t.Errorf("plain forwarding restarted someone:\n%s", plan)
	}
	plan = sut.Put(t, "/cache/size-max", `"64M"`)
	if len(plan.Touches(units.Restart)) != 2 {
		t.Errorf("another cache size:\n%s", plan)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	// Smaller again: workers of both sizes live side by side for a moment.
	sut.Put(t, "/cache/size-max", `"32M"`)
	sut.Expect(t, "host.example.", "192.0.2.1")
}

func TestFileIsTheTruthAtReload(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Put(t, "/local-data/addresses/api.example", `"192.0.2.9"`)
	sut.Expect(t, "api.example.", "192.0.2.9")
	if s := sut.Status(t); !s.FileDiffers {
		t.Error("status does not tell that the running configuration differs from the file")
	}
	sut.WriteConfig(t, strings.Replace(basic, "192.0.2.1", "192.0.2.2", 1))
	sut.Must(t, "systemctl", "reload", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.2")
	if got, err := sut.Query("udp", "api.example.", 5*time.Second); err == nil && len(got) > 0 {
		t.Errorf("api.example is still %v", got)
	}
	if s := sut.Status(t); s.FileDiffers {
		t.Error("status tells that the running configuration differs from the file")
	}
}

func TestHangupReloads(t *testing.T) {
	sut.Fresh(t, basic)
	sut.WriteConfig(t, strings.Replace(basic, "192.0.2.1", "192.0.2.3", 1))
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=HUP", "kresd-manager.service")
	product.Eventually(t, "the new address is served", func() bool {
		got, err := sut.Query("udp", "host.example.", 5*time.Second)
		return err == nil && len(got) == 1 && got[0] == "192.0.2.3"
	})
	product.Eventually(t, "the manager is active again", func() bool {
		return sut.Exec(t, "systemctl", "is-active", "kresd-manager.service").Code == 0
	})
}

// TestManyChangesInARow makes more of them than systemd's start limit allows
// to a unit that crashes.
func TestManyChangesInARow(t *testing.T) {
	sut.Fresh(t, basic)
	for i := range 25 {
		sut.Put(t, "/local-data/addresses/host.example", fmt.Sprintf(`"192.0.2.%d"`, i+1))
		sut.Put(t, "/cache/garbage-collector/interval", fmt.Sprintf(`"%ds"`, i+1))
	}
	sut.Expect(t, "host.example.", "192.0.2.25")
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %q: %+v", s.State, s)
	}
}

// TestRestartByHandIsDrainedToo has an administrator restart the workers, one
// after another, past the manager.
func TestRestartByHandIsDrainedToo(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	report, _ := underLoad(t, func() int {
		for range 2 {
			sut.Must(t, "systemctl", "restart", "kresd@1.service")
			sut.Must(t, "systemctl", "restart", "kresd@2.service")
		}
		return 0
	})
	t.Logf("%v", report)
	if report.Lost > report.RcvbufErrors || report.Errors > 0 || report.Wrong > 0 {
		t.Errorf("restarts by hand cost queries: %+v", report)
	}
	after := sut.PIDs(t)
	if after["kresd@1.service"] == before["kresd@1.service"] || after["kresd@2.service"] == before["kresd@2.service"] {
		t.Errorf("nothing was restarted: %v, %v", before, after)
	}
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %q", s.State)
	}
	sut.Put(t, "/local-data/addresses/after.example", `"192.0.2.4"`)
	for range 20 {
		sut.Expect(t, "after.example.", "192.0.2.4")
	}
}
