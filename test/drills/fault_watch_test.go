// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"kresd-manager/dbusctl"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// watcher listens to the machine's systemd and remembers what it was told.
type watcher struct {
	mu   sync.Mutex
	told map[string]int
}

// watch begins with three workers and no one who repairs anything.
func watch(t *testing.T) *watcher {
	t.Helper()
	sut.Fresh(t, three)
	sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
	w := &watcher{told: map[string]int{}}
	client := &dbusctl.Client{Address: fmt.Sprintf("unix:path=/proc/%d/root/run/dbus/system_bus_socket", sut.PID())}
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() {
		client.Watch(ctx, func(unit string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told[unit]++
		})
	})
	t.Cleanup(func() {
		cancel()
		ended.Wait()
		client.Close()
	})
	product.Eventually(t, "the watch begins", func() bool { return w.count("") > 0 })
	return w
}

func (w *watcher) count(unit string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told[unit]
}

// after does something and waits until a unit is told.
func (w *watcher) after(t *testing.T, unit string, args ...string) {
	t.Helper()
	before := w.count(unit)
	sut.Must(t, args...)
	began := time.Now()
	product.Eventually(t, fmt.Sprintf("%q is told after %q", unit, args), func() bool { return w.count(unit) > before })
	t.Logf("%q is told %s after the end of %q", unit, time.Since(began).Round(time.Millisecond), args)
}

// TestEventsOfUnits does to units what is to be seen at once.
func TestEventsOfUnits(t *testing.T) {
	w := watch(t)
	for _, c := range []struct {
		unit string
		args []string
	}{
		{"kresd@1.service", []string{"systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd@1.service"}},
		{"kresd@2.service", []string{"systemctl", "stop", "kresd@2.service"}},
		{"kresd@2.service", []string{"systemctl", "start", "kresd@2.service"}},
		{units.PolicyLoader, []string{"systemctl", "restart", units.PolicyLoader}},
		{units.CacheGC, []string{"systemctl", "restart", units.CacheGC}},
		{"kresd@17.service", []string{"systemctl", "start", "kresd@17.service"}}, // was not read in
		{"kresd@17.service", []string{"systemctl", "stop", "kresd@17.service"}},
		{"", []string{"systemctl", "mask", "--runtime", "kresd@3.service"}},
		{"", []string{"systemctl", "unmask", "--runtime", "kresd@3.service"}},
		{"", []string{"systemctl", "daemon-reload"}},
		{"", []string{"systemctl", "daemon-reexec"}},
		{"kresd@3.service", []string{"systemctl", "restart", "kresd@3.service"}},
		{"", []string{"systemctl", "restart", "dbus.service"}},
		{"kresd@3.service", []string{"systemctl", "restart", "kresd@3.service"}},
		{units.Target, []string{"systemctl", "stop", units.Target}},
	} {
		w.after(t, c.unit, c.args...)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t.Logf("all told: %v", w.told)
}

// TestAskingIsNoEvent asks for units that there are not: an answer that were an
// event would be asked about again, for ever.
func TestAskingIsNoEvent(t *testing.T) {
	w := watch(t)
	for range 10 {
		sut.Must(t, "systemctl", "show", "kresd@77.service", "kres-component@none.service", "kresd@3.service")
	}
	w.after(t, "kresd@1.service", "systemctl", "restart", "kresd@1.service")
	for _, unit := range []string{"kresd@77.service", "kres-component@none.service"} {
		if n := w.count(unit); n > 0 {
			t.Errorf("%s is told %d times", unit, n)
		}
	}
}
