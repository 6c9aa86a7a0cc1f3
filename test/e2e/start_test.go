// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

func TestStartAndResolve(t *testing.T) {
	sut.Fresh(t, basic)
	for _, network := range []string{"udp", "tcp", "tcp-tls"} {
		if got := sut.Resolve(t, network, "host.example."); len(got) != 1 || got[0] != "192.0.2.1" {
			t.Errorf("over %s: %v", network, got)
		}
	}
	want := []string{"kres-gc.service", "kresd@1.service", "kresd@2.service"}
	if got := slices.Sorted(maps.Keys(sut.PIDs(t))); !slices.Equal(got, want) {
		t.Errorf("running: %v, want %v", got, want)
	}
	s := sut.Status(t)
	if s.State != "running" || s.Workers != 2 || s.FileDiffers || s.LastApply == nil {
		t.Errorf("status: %+v", s)
	}
	for _, u := range s.Units {
		if !u.Current || u.Role == units.RoleWorker && (u.Memory == 0 || u.PID == 0 || u.Since.IsZero()) {
			t.Errorf("status of %s: %+v", u.Unit, u)
		}
	}
	if g1, g2 := sut.Show(t, "kresd@1", "StatusText"), sut.Show(t, "kresd@2", "StatusText"); !strings.HasPrefix(g1, "config ") || g1 != g2 {
		t.Errorf("the workers announce %q and %q", g1, g2)
	}
}

func TestNoOneHasMorePrivilegeThanItNeeds(t *testing.T) {
	sut.Fresh(t, basic)
	const netBind = "0000000000000400"
	for unit, want := range map[string][3]string{
		"kresd-manager.service": {"kresd-manager", "0000000000000000", "0000000000000000"},
		"kresd@1.service":       {"knot-resolver", netBind, netBind},
		"kres-gc.service":       {"knot-resolver", "0000000000000000", "0000000000000000"},
	} {
		pid := strings.TrimSpace(sut.Must(t, "systemctl", "show", "-p", "MainPID", "--value", unit))
		user := strings.TrimSpace(sut.Must(t, "ps", "-o", "user:32=", "-p", pid))
		st := sut.Must(t, "cat", "/proc/"+pid+"/status")
		field := func(name string) string {
			for line := range strings.Lines(st) {
				if v, ok := strings.CutPrefix(line, name+":"); ok {
					return strings.TrimSpace(v)
				}
			}
			return ""
		}
		if got := [3]string{user, field("CapEff"), field("CapBnd")}; got != want {
			t.Errorf("%s: user, effective and bounding capabilities %v, want %v", unit, got, want)
		}
		if field("NoNewPrivs") != "1" {
			t.Errorf("%s may gain privileges", unit)
		}
	}
	// What the workers read is out of their reach.
	r := sut.Sh(t.Context(), `setpriv --reuid=knot-resolver --regid=knot-resolver --init-groups \
		sh -c 'cat /run/kresd-manager/worker/worker.lua >/dev/null && ! touch /run/kresd-manager/x && ! touch /run/kresd-manager/worker/x'`)
	if r.Code != 0 {
		t.Errorf("a worker's user can write its configuration, or not read it: %s", r.Stderr)
	}
	// And no one else can use the API or a control socket.
	for _, path := range []string{"/run/knot-resolver/kres-api.sock", "/run/knot-resolver/control/1"} {
		if r := sut.Sh(t.Context(), "setpriv --reuid=nobody --regid=nogroup --clear-groups test -w "+path); r.Code == 0 {
			t.Errorf("user nobody may write to %s", path)
		}
	}
}

func TestStockServiceIsRespected(t *testing.T) {
	sut.Wipe(t)
	sut.WriteConfig(t, basic)
	sut.Must(t, "systemctl", "start", "knot-resolver.service")
	defer sut.Exec(t, "systemctl", "stop", "knot-resolver.service")
	r := sut.Exec(t, "systemctl", "start", "kresd-manager.service")
	if r.Code == 0 {
		t.Fatal("the manager starts beside the stock service")
	}
	if st := sut.Must(t, "systemctl", "show", "-p", "ExecMainStatus,NRestarts,ActiveState", "kresd-manager.service"); !strings.Contains(st, "ExecMainStatus=69") || !strings.Contains(st, "NRestarts=0") || !strings.Contains(st, "ActiveState=failed") {
		t.Errorf("after the refusal:\n%s", st)
	}
	product.Eventually(t, "the journal, which is written later, says what to do", func() bool {
		return strings.Contains(sut.Journal(t.Context(), "kresd-manager.service", "kresd-manager.socket"), "systemctl mask --now knot-resolver.service")
	})
	if r := sut.Exec(t, "kresctl", "--socket", "/run/knot-resolver/kres-api.sock", "status"); r.Code == 0 {
		t.Error("the stock service's socket is ours now")
	}
	sut.Must(t, "test", "-S", "/run/knot-resolver/kres-api.sock")
	sut.Must(t, "systemctl", "is-active", "knot-resolver.service")
	sut.Must(t, "systemctl", "stop", "knot-resolver.service")
	sut.Must(t, "systemctl", "start", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.1")

	// And the other way round.
	sut.Status(t) // when all has been started
	before := sut.PIDs(t)
	if r := sut.Exec(t, "systemctl", "start", "knot-resolver.service"); r.Code == 0 {
		t.Error("the stock service starts beside our workers")
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

func TestStopStopsEverythingAndStartBringsItBack(t *testing.T) {
	sut.Fresh(t, basic)
	if a := sut.Call(t, "POST", "/stop", ""); a.Code != 200 {
		t.Fatalf("POST /stop: %d %s", a.Code, a.Body)
	}
	product.Eventually(t, "everything of ours is inactive", func() bool {
		out := sut.Exec(t, "systemctl", "is-active", "kresd-manager.service", "kresd-manager.socket", "kresd.target",
			"kresd@1.service", "kresd@2.service", "kres-gc.service", "kres-policy-loader.service").Stdout
		return out == strings.Repeat("inactive\n", 7)
	})
	if failed := sut.Must(t, "systemctl", "--failed", "--no-legend", "list-units", "kres*"); failed != "" {
		t.Errorf("failed units: %s", failed)
	}
	if r := sut.Exec(t, "kresctl", "status"); r.Code != 4 || !strings.Contains(r.Stderr, "kresd-manager") {
		t.Errorf("kresctl status: exit %d, %q", r.Code, r.Stderr)
	}
	time.Sleep(200 * time.Millisecond) // nothing may come back by itself
	if got := sut.PIDs(t); len(got) != 0 {
		t.Errorf("running: %v", got)
	}
	sut.Must(t, "systemctl", "start", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.1")
}

func TestStoppingTheTargetStopsDNS(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "systemctl", "stop", "kresd.target")
	product.Eventually(t, "no worker runs", func() bool { return len(sut.PIDs(t)) == 0 })
	sut.Must(t, "systemctl", "is-active", "kresd-manager.service")
	sut.Must(t, "kresctl", "reload")
	sut.Expect(t, "host.example.", "192.0.2.1")
}

func TestOtherAPISocketAfterARestart(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	sut.WriteConfig(t, basic+"management:\n  unix-socket: /run/knot-resolver/other.sock\n")
	if r := sut.Exec(t, "systemctl", "reload", "kresd-manager.service"); r.Code == 0 {
		t.Error("a reload changes the socket that it is asked over")
	}
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	sut.Must(t, "kresctl", "--socket", "/run/knot-resolver/other.sock", "status")
	sut.Must(t, "kresctl", "status") // finds it in the file
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}
