// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

const manager = units.Manager

// said counts the lines of the manager's journal since a cursor that hold a text.
func said(t *testing.T, since, text string) int {
	t.Helper()
	return strings.Count(sut.Must(t, "journalctl", "-o", "cat", "--after-cursor="+since, "-u", manager), text)
}

// TestASilentBusHoldsNoOneUp stops the bus in the middle of a change. It is there,
// accepts and reads nothing. The change ends and says why, the status is answered
// meanwhile, the promised things are made good afterwards, and no process of ours
// was restarted for it.
func TestASilentBusHoldsNoOneUp(t *testing.T) {
	one, two := document(3, "one", "192.0.2.11", "1s"), document(3, "two", "192.0.2.12", "2s")
	sut.Fresh(t, one)
	from := observe(t)
	to := apply(t, two)
	serving(t)
	pid, bus, since := sut.Show(t, manager, "MainPID"), sut.Show(t, "dbus.service", "MainPID"), mark(t)
	goOn := func() { sut.Sh(context.Background(), "kill -CONT "+bus) }
	defer goOn()
	happened := afterSteps(t, 2, "kill -STOP "+bus)
	done := make(chan product.Answer, 1)
	began := time.Now()
	go func() {
		a, err := sut.Request(t.Context(), "PUT", "/v1/config", one)
		if err != nil {
			a.Body = err.Error()
		}
		done <- a
	}()
	<-happened
	told := 0 // how often the status has said it
	var a product.Answer
	for ended := false; !ended; {
		select {
		case a = <-done:
			ended = true
		case <-time.After(100 * time.Millisecond):
		}
		asked := time.Now()
		s := sut.Status(t)
		if took := time.Since(asked); took > 20*time.Second {
			t.Errorf("the status took %s", took)
		}
		if !s.AsOf.IsZero() && len(s.Problems) > 0 && strings.HasPrefix(s.Problems[0].Message, "systemd does not answer: what is shown of the units is from ") {
			told++
		}
		if s.State == "running" {
			t.Errorf("all is well, it says: %+v", s)
		}
		if time.Since(began) > 5*time.Minute {
			t.Fatal("the change does not end")
		}
	}
	t.Logf("PUT: %d %s, after %s; the status told it %d times", a.Code, a.Body, time.Since(began).Round(time.Millisecond), told)
	if a.Code != 503 || !strings.Contains(a.Body, "systemd did not answer within") {
		t.Error("the change does not say why it failed")
	}
	if told == 0 {
		t.Error("the status never said that systemd does not answer")
	}
	r := sut.Exec(t, "kresctl", "status")
	if r.Code != 3 || !strings.Contains(r.Stdout, "unknown") || !strings.Contains(r.Stdout, "problem  ") || !strings.Contains(r.Stdout, "systemd does not answer") {
		t.Errorf("kresctl status: %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	if n := said(t, since, "contact with systemd lost"); n != 1 {
		t.Errorf("lost contact is in the journal %d times", n)
	}
	goOn()
	oneOf(t, from, to)
	apply(t, one)
	if n := said(t, since, "contact with systemd is back"); n != 1 {
		t.Errorf("that contact is back is in the journal %d times", n)
	}
	if now := sut.Show(t, manager, "MainPID"); now != pid {
		t.Errorf("the manager is another one: %s, %s before", now, pid)
	}
}

// watched gives the manager a short watchdog.
func watched(t *testing.T) {
	t.Helper()
	const dropIn = "/run/systemd/system/kresd-manager.service.d/watchdog.conf"
	if err := sut.WriteFile(dropIn, []byte("[Service]\nWatchdogSec=3\nTimeoutAbortSec=2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "systemctl", "daemon-reload")
	t.Cleanup(func() {
		sut.Sh(context.Background(), "rm "+dropIn+"; systemctl daemon-reload; systemctl restart "+manager)
	})
	sut.Must(t, "systemctl", "restart", manager)
}

// TestAManagerThatHangsIsReplaced has the manager hang, and end as the watchdog ends
// one that hangs. The next one adopts what runs; and one that only takes its time
// is left alone.
func TestAManagerThatHangsIsReplaced(t *testing.T) {
	one := document(3, "one", "192.0.2.11", "1s")
	sut.Fresh(t, one)
	watched(t)
	serving(t)
	whole, workers := observe(t), sut.PIDs(t)
	for what, signal := range map[string]string{"it is stopped": "STOP", "it is aborted": "ABRT"} {
		old, since := sut.Show(t, manager, "MainPID"), mark(t)
		sut.Must(t, "kill", "-"+signal, old)
		ready(t, old)
		oneOf(t, whole, whole)
		for unit, pid := range sut.PIDs(t) {
			if workers[unit] != pid {
				t.Errorf("%s: %s is another process", what, unit)
			}
		}
		if signal == "STOP" && said(t, since, "Watchdog timeout") == 0 {
			t.Error("it was not the watchdog that ended it")
		}
		if signal == "ABRT" && said(t, since, "goroutine ") == 0 {
			t.Error("it does not say where it was")
		}
	}
	pid := sut.Show(t, manager, "MainPID")
	time.Sleep(8 * time.Second) // with nothing to do
	if a := sut.Call(t, "PUT", "/v1/config/lua/policy-script", `"local till = os.time() + 9; while os.time() < till do end"`); a.Code != 200 {
		t.Errorf("a slow change: %d %s", a.Code, a.Body)
	}
	if now := sut.Show(t, manager, "MainPID"); now != pid {
		t.Error("a manager that took its time was replaced")
	}
}
