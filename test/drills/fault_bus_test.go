// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/test/product"
)

// TestWithoutPolkit has no one there who says what the manager may do.
func TestWithoutPolkit(t *testing.T) {
	one, two := document(3, "one", "192.0.2.11", "1s"), document(3, "two", "192.0.2.12", "2s")
	sut.Fresh(t, one)
	from := observe(t)
	serving(t)
	sut.Must(t, "systemctl", "mask", "--runtime", "--now", "polkit.service")
	a := sut.Call(t, "PUT", "/v1/config", two)
	t.Logf("PUT: %d %s", a.Code, a.Body)
	if a.Code < 500 || !strings.Contains(a.Body, "polkit") {
		t.Error("no one is told that polkit is what is missing")
	}
	if diff := cmp.Diff(from, observe(t)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
	sut.Must(t, "systemctl", "unmask", "--runtime", "polkit.service")
	apply(t, two)
}

// TestNoSignalReachesTheManager has the bus drop every signal of systemd's to
// the manager. Jobs end nevertheless, because they are looked up.
func TestNoSignalReachesTheManager(t *testing.T) {
	one, two := document(3, "one", "192.0.2.11", "1s"), document(3, "two", "192.0.2.12", "2s")
	const policy = "/etc/dbus-1/system.d/drop-signals.conf"
	sut.Fresh(t, one)
	from := observe(t)
	serving(t)
	if err := sut.WriteFile(policy, []byte(`<busconfig><policy user="kresd-manager">
		<deny receive_type="signal" receive_sender="org.freedesktop.systemd1"/>
	</policy></busconfig>`), 0o644); err != nil {
		t.Fatal(err)
	}
	defer func() {
		sut.Must(t, "rm", policy)
		sut.Must(t, "systemctl", "reload", "dbus.service")
	}()
	sut.Must(t, "systemctl", "reload", "dbus.service")
	began := time.Now()
	to := apply(t, two)
	t.Logf("a change without signals takes %s", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	apply(t, one)
	t.Logf("and back %s", time.Since(began).Round(time.Millisecond))
	oneOf(t, from, to)
}

// TestTheBusGoesAwayInTheMiddle has no bus for longer than a change waits for
// one. No one can do anything then; when the bus is back, it is made good.
func TestTheBusGoesAwayInTheMiddle(t *testing.T) {
	one, two := document(3, "one", "192.0.2.11", "1s"), document(3, "two", "192.0.2.12", "2s")
	sut.Fresh(t, one)
	from := observe(t)
	to := apply(t, two)
	serving(t)
	happened := afterSteps(t, 3, "systemctl stop dbus.socket dbus.service")
	began := time.Now()
	a, err := sut.Request(t.Context(), "PUT", "/v1/config", one)
	t.Logf("PUT: %d %s %v, after %s", a.Code, a.Body, err, time.Since(began).Round(time.Millisecond))
	<-happened
	if a.Code != 503 {
		t.Errorf("a change without a bus is answered with %d", a.Code)
	}
	sut.Must(t, "systemctl", "start", "dbus.socket")
	oneOf(t, from, to)
	apply(t, one)
}

// TestAManagerThatStartsWithoutABusWaitsForIt has the bus away when a manager
// starts: it must not use up its starts, so that no one starts it any more.
func TestAManagerThatStartsWithoutABusWaitsForIt(t *testing.T) {
	one := document(3, "one", "192.0.2.11", "1s")
	sut.Fresh(t, one)
	whole := observe(t)
	serving(t)
	sut.Must(t, "systemctl", "stop", "dbus.socket", "dbus.service")
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd-manager.service")
	time.Sleep(8 * time.Second)
	sut.Must(t, "systemctl", "start", "dbus.socket")
	product.Eventually(t, "the manager runs", func() bool { return sut.Show(t, "kresd-manager.service", "ActiveState") == "active" })
	oneOf(t, whole, whole)
}
