// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// watching has a client watch the bus and returns what it is reported.
func watching(t *testing.T, b *bus) <-chan string {
	t.Helper()
	if b.answer == nil {
		b.answer = list([]listed{}, nil)
	}
	client := newBus(t, b)
	return watchWith(t, client)
}

func watchWith(t *testing.T, client *Client) <-chan string {
	t.Helper()
	told := make(chan string, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		client.Watch(ctx, func(unit string) { told <- unit })
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Error("Watch does not end with its context")
		}
	})
	return told
}

// next returns what is reported next; "everything" for "".
func next(t *testing.T, told <-chan string) string {
	t.Helper()
	select {
	case unit := <-told:
		if unit == "" {
			return "everything"
		}
		return unit
	case <-time.After(time.Minute):
		t.Fatal("nothing is told")
		return ""
	}
}

// expect is next for a certain answer.
func expect(t *testing.T, told <-chan string, want string) {
	t.Helper()
	if got := next(t, told); got != want {
		t.Errorf("told: %s, want %s", got, want)
	}
}

// marker is a unit whose change shows that what came before it told nothing.
var marker = units.CacheGC

func TestWatchTellsWhichUnitsChanged(t *testing.T) {
	manager := func(member string, body ...any) func(*bus) {
		return func(b *bus) { b.signal(systemd, systemdPath, managerIface+"."+member, body...) }
	}
	changed := func(sender, unit string) func(*bus) {
		return func(b *bus) { b.changed(sender, unit) }
	}
	for _, c := range []struct {
		name string
		send func(*bus)
		want string // "" for nothing
	}{
		{"a worker", changed(systemd, "kresd@3.service"), "kresd@3.service"},
		{"the canary", changed(systemd, units.Canary), units.Canary},
		{"the policy-loader", changed(systemd, units.PolicyLoader), units.PolicyLoader},
		{"a component", changed(systemd, "kres-component@dns64.service"), "kres-component@dns64.service"},
		{"the target", changed(systemd, units.Target), units.Target},
		{"someone else's unit", changed(systemd, "cron.service"), ""},
		{"a name that is nearly a worker's", changed(systemd, "kresd@03.service"), ""},
		{"a lie about a worker", changed(":1.99", "kresd@3.service"), ""},
		{"a lie under systemd's name", changed(systemdName, "kresd@3.service"), ""},
		{"an object that is no unit", func(b *bus) {
			b.signal(systemd, "/org/freedesktop/systemd1/job/1", busName+".Properties.PropertiesChanged", unitIface)
		}, ""},
		{"a reload begins", manager("Reloading", true), ""},
		{"a reload ends", manager("Reloading", false), "everything"},
		{"a lie about a reload", func(b *bus) { b.signal(":1.99", systemdPath, managerIface+".Reloading", false) }, ""},
		{"a reload without a word", manager("Reloading"), ""},
		{"a unit is masked or enabled", manager("UnitFilesChanged"), "everything"},
		{"a worker is read in and runs", manager("UnitNew", "kresd@7.service", unitPath("kresd@7.service")), "kresd@7.service"},
		// To tell it would have someone ask for it, and so on for ever.
		{"a worker is read in and does not run", manager("UnitNew", "kresd@8.service", unitPath("kresd@8.service")), ""},
		{"a worker that there is not is asked for", manager("UnitNew", "kresd@9.service", unitPath("kresd@9.service")), ""},
		{"another unit is read in", manager("UnitNew", "cron.service", unitPath("cron.service")), ""},
		{"nothing is read in", manager("UnitNew"), ""},
		{"systemd has gone", func(b *bus) {
			b.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", systemdName, systemd, "")
			b.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", systemdName, "", systemd)
		}, "everything"},
		{"another service has another name", func(b *bus) {
			b.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", "org.example", systemd, ":1.99")
		}, ""},
		{"someone claims systemd's name", func(b *bus) {
			b.signal(":1.99", "/org/freedesktop/DBus", busName+".NameOwnerChanged", systemdName, systemd, ":1.99")
			b.changed(":1.99", "kresd@3.service")
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bus{answer: list([]listed{
				row("kresd@7.service", "loaded", "active", "running", 0),
				row("kresd@8.service", "loaded", "inactive", "dead", 0),
			}, nil)}
			told := watching(t, b)
			expect(t, told, "everything")
			c.send(b)
			if c.want != "" {
				expect(t, told, c.want)
			}
			b.changed(systemd, marker)
			expect(t, told, marker)
		})
	}
}

func TestWatchFollowsSystemdToAnotherBusName(t *testing.T) {
	b := &bus{}
	told := watching(t, b)
	expect(t, told, "everything")
	b.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", systemdName, systemd, ":1.50")
	expect(t, told, "everything")
	b.changed(systemd, "kresd@1.service") // whoever has that name now
	b.changed(":1.50", "kresd@2.service")
	expect(t, told, "kresd@2.service")
}

func TestWatchOutlivesTheBus(t *testing.T) {
	b := &bus{}
	told := watching(t, b)
	expect(t, told, "everything")
	for range 3 {
		b.hangUp()
		expect(t, told, "everything") // who knows what was missed
		b.changed(systemd, "kresd@1.service")
		expect(t, told, "kresd@1.service")
	}
}

func TestWatchWaitsForABus(t *testing.T) {
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "bus")
	told := watchWith(t, &Client{Address: "unix:path=" + path})
	time.Sleep(2 * minBackOff)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b := &bus{answer: list([]listed{}, nil)}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.conn = c
		b.mu.Unlock()
		b.serve(c)
	}()
	expect(t, told, "everything")
}

// A bus that hangs up on everyone must not take all the processor.
func TestWatchBacksOff(t *testing.T) {
	var calls atomic.Int32
	client := newBus(t, &bus{answer: func(b *bus, _ string, _ *dbus.Message) ([]any, error) {
		calls.Add(1)
		b.hangUp()
		return []any{[]listed{}}, nil
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 7*minBackOff) // tries after 0, 1, 3 and 7 of them
	defer cancel()
	client.Watch(ctx, func(string) { t.Error("something is told without a bus") })
	if n := calls.Load(); n > 4 {
		t.Errorf("%d tries", n)
	}
}

// A callee that takes its time holds up neither the bus nor memory, and misses
// nothing.
func TestWatchIsNotHeldUpByWhoIsTold(t *testing.T) {
	b := &bus{answer: list([]listed{}, nil)}
	client := newBus(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	busy, free := make(chan struct{}), make(chan struct{})
	told := make(chan string, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		first := true
		client.Watch(ctx, func(unit string) {
			if first {
				first = false
				close(busy)
				<-free
			}
			told <- unit
		})
	}()
	<-busy
	for range 5_000 {
		b.changed(systemd, "kresd@1.service")
		b.changed(systemd, "kresd@2.service")
	}
	close(free)
	got := map[string]int{}
	for got["kresd@1.service"] == 0 || got["kresd@2.service"] == 0 {
		got[next(t, told)]++
	}
	if n := got["kresd@1.service"]; n > 100 {
		t.Errorf("kresd@1.service is told %d times", n)
	}
	cancel()
	<-ended
}

func TestHintsAreBounded(t *testing.T) {
	h := newHints(newMemory())
	h.began(systemd)
	for n := range 10 * maxHints {
		h.DeliverSignal("", "", &dbus.Signal{
			Sender: systemd, Name: busName + ".Properties.PropertiesChanged", Path: unitPath(units.Worker(n + 1)),
		})
	}
	got := h.take()
	if !got.all || len(got.changed) > maxHints {
		t.Errorf("everything: %t, units: %d", got.all, len(got.changed))
	}
}

// What the bus told while we asked it for the owner is newer than its answer.
func TestTheNewestOwnerIsBelieved(t *testing.T) {
	moved := &dbus.Signal{Sender: busName, Name: busName + ".NameOwnerChanged", Body: []any{systemdName, systemd, ":1.50"}}
	h, j := newHints(newMemory()), newJobs("", new(targetJobs))
	h.DeliverSignal("", "", moved)
	j.ownerChanged(moved)
	h.began(systemd)
	j.began(systemd)
	if h.owner != ":1.50" || j.owner != ":1.50" {
		t.Errorf("owners: %s and %s", h.owner, j.owner)
	}
}

// rulesFor returns the match rules about units, sorted.
func rulesFor(b *bus) (specific, broad []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rules {
		switch {
		case strings.Contains(r, ",path='"+string(unitsPath)):
			specific = append(specific, r)
		case strings.Contains(r, "path_namespace="):
			broad = append(broad, r)
		}
	}
	slices.Sort(specific)
	return specific, broad
}

func TestWatchAsksForOurUnitsOnly(t *testing.T) {
	b := &bus{answer: list([]listed{
		row("kresd@1.service", "loaded", "active", "running", 0),
		row("kresd@other.service", "loaded", "active", "running", 0),
	}, nil)}
	told := watching(t, b)
	expect(t, told, "everything")
	specific, broad := rulesFor(b)
	if len(specific) != 5 || len(broad) != 0 { // target, loader, collector, canary, one worker
		t.Errorf("rules: %q %q", specific, broad)
	}
	for _, r := range b.rules {
		for _, word := range []string{"type='signal'", "sender='org.freedesktop.", "interface='", "member='"} {
			if !strings.Contains(r, word) {
				t.Errorf("rule without %s: %s", word, r)
			}
		}
	}
}

func TestWatchOfMoreUnitsThanABusHasRulesFor(t *testing.T) {
	var rows []listed
	for n := range 1000 {
		rows = append(rows, row(units.Worker(n+1), "loaded", "active", "running", 0))
	}
	b := &bus{answer: list(rows, nil)}
	told := watching(t, b)
	expect(t, told, "everything")
	specific, broad := rulesFor(b)
	if len(specific) > maxRules || len(broad) != 1 {
		t.Errorf("%d rules for units and %d for all", len(specific), len(broad))
	}
	b.changed(systemd, units.Worker(1000))
	expect(t, told, units.Worker(1000))
}

// Who was forgotten was told nothing for a while.
func TestWatchNoticesThatSystemdForgotIt(t *testing.T) {
	b := &bus{answer: list([]listed{}, nil)}
	client := newBus(t, b)
	w, err := dialWatch(t.Context(), client.Address, dialTime)
	if err != nil {
		t.Fatal(err)
	}
	defer w.bus.Close()
	for _, forgotten := range []bool{false, true} {
		b.mu.Lock()
		b.subscribed = !forgotten
		b.mu.Unlock()
		all, dirty, err := w.look(t.Context(), hinted{renewed: true})
		if err != nil || all != forgotten || len(dirty) != 0 {
			t.Errorf("forgotten: %t, everything: %t, units: %q, %v", forgotten, all, dirty, err)
		}
	}
}
