// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// teller is systemd that tells of changes, or does not, to a client that watches.
type teller struct {
	mu sync.Mutex
	w  world
	b  *bus
	// read are units whose properties were read since the last look, each once.
	read []string
	// during is called once, in the middle of the next reading.
	during func()
	path   []string // UnitPath
}

// observed returns a client that watches two workers, the loader and the target.
func observed(t *testing.T) (*teller, *Client) {
	t.Helper()
	s := &teller{w: world{units: map[string]map[string]any{}}}
	for i, unit := range []string{units.Worker(1), units.Worker(2), units.PolicyLoader, units.Target} {
		s.w.enter(unit, "active", "running", map[string]any{
			"StatusText": "config 1", "NRestarts": uint32(0), "Result": "success", "InvocationID": []byte{byte(i + 1)}, "NeedDaemonReload": false,
		})
	}
	s.b = &bus{answer: s.answer}
	client := newBus(t, s.b)
	told := watchWith(t, client)
	expect(t, told, "everything")
	return s, client
}

func (s *teller) answer(b *bus, method string, call *dbus.Message) ([]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, _ := call.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	if method == "Get" && path == systemdPath {
		return []any{dbus.MakeVariant(s.path)}, nil
	}
	if unit := unitOf(path); method == "Get" {
		if f := s.during; f != nil {
			s.during = nil
			f()
		}
		if call.Body[1] == "NeedDaemonReload" {
			unit = "files of " + unit
		}
		if !slices.Contains(s.read, unit) {
			s.read = append(s.read, unit)
		}
	}
	return s.w.answer(b, method, call)
}

// change has something happen to a worker, in silence or not.
func (s *teller) change(unit string, told bool, values map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, value := range values {
		s.w.units[unit][name] = value
	}
	if told {
		s.b.changed(systemd, unit)
	}
}

// look takes a snapshot and says what was read for it, without what was read of files.
func (s *teller) look(t *testing.T, c *Client) (live units.Live, read []string) {
	t.Helper()
	live, err := c.Observe(patient(t), units.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, unit := range s.read {
		if _, there := s.w.units[unit]; there {
			read = append(read, unit)
		}
	}
	slices.Sort(read)
	s.read = nil
	return live, read
}

// looked expects what a snapshot reads, and what it says of the first worker.
func (s *teller) looked(t *testing.T, c *Client, text string, want ...string) {
	t.Helper()
	live, read := s.look(t, c)
	if o := live.Unit(units.Worker(1)); o.StatusText != text {
		t.Errorf("the status text is %q, want %q", o.StatusText, text)
	}
	if !slices.Equal(read, want) {
		t.Errorf("read: %q, want %q", read, want)
	}
}

func TestASnapshotReadsWhatHasChanged(t *testing.T) {
	s, c := observed(t)
	all := []string{units.PolicyLoader, units.Target, units.Worker(1), units.Worker(2)}
	s.looked(t, c, "config 1", all...)
	s.looked(t, c, "config 1")
	s.change(units.Worker(1), true, map[string]any{"StatusText": "config 2"})
	s.looked(t, c, "config 2", units.Worker(1))
	s.looked(t, c, "config 2")
	// A lie costs a look.
	s.b.changed(":1.99", units.Worker(1))
	s.looked(t, c, "config 2")
	for _, signal := range []struct {
		name string
		send func()
		want []string
	}{
		{"a reload", func() { s.b.signal(systemd, systemdPath, managerIface+".Reloading", false) }, all},
		{"a unit that was read in", func() {
			s.b.signal(systemd, systemdPath, managerIface+".UnitNew", units.Worker(2), unitPath(units.Worker(2)))
		}, []string{units.Worker(2)}},
	} {
		signal.send()
		if _, read := s.look(t, c); !slices.Equal(read, signal.want) {
			t.Errorf("after %s: read %q, want %q", signal.name, read, signal.want)
		}
	}
}

// What happens while a unit is read is seen by the next look at the latest.
func TestAChangeWhileAUnitIsReadIsNotForgotten(t *testing.T) {
	s, c := observed(t)
	s.look(t, c)
	s.change(units.Worker(1), true, nil)
	s.during = func() {
		s.b.changed(systemd, units.Worker(1))
		s.w.units[units.Worker(1)]["StatusText"] = "config 2"
	}
	if _, read := s.look(t, c); !slices.Equal(read, []string{units.Worker(1)}) {
		t.Errorf("read: %q", read)
	}
	s.looked(t, c, "config 2", units.Worker(1))
}

// systemd resets failures without a word, and counts kills without one; and what is
// in the middle of something is none of those that rest.
func TestWhatChangesInSilenceIsReadEachTime(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"restarts":   {"NRestarts": uint32(1)},
		"a failure":  {"Result": "exit-code"},
		"kills":      {"OOMKills": uint64(1)},
		"frozen":     {"FreezerState": "frozen"},
		"a job":      {"Job": uint32(7), "JobType": "restart"},
		"activating": {"Active": "activating"},
		"masked":     {"Load": "masked"},
	} {
		s, c := observed(t)
		s.look(t, c)
		s.change(units.Worker(1), true, values)
		for range 2 {
			if _, read := s.look(t, c); !slices.Equal(read, []string{units.Worker(1)}) {
				t.Errorf("%s: read %q", name, read)
			}
		}
	}
	s, c := observed(t)
	s.change(units.Worker(1), true, map[string]any{"NRestarts": uint32(3)})
	s.look(t, c)
	s.change(units.Worker(1), false, map[string]any{"NRestarts": uint32(0)})
	if live, _ := s.look(t, c); live.Unit(units.Worker(1)).Restarts != 0 {
		t.Error("systemctl reset-failed is not seen")
	}
}

// Without a signal, as when systemd holds them back: what the list and the kernel say.
func TestWhatContradictsTheMemoryIsReadAgain(t *testing.T) {
	s, c := observed(t)
	s.looked(t, c, "config 1", units.PolicyLoader, units.Target, units.Worker(1), units.Worker(2))
	s.change(units.Worker(1), false, map[string]any{"Active": "failed", "SubState": "failed", "StatusText": ""})
	s.looked(t, c, "", units.Worker(1))
	s.change(units.Worker(1), false, map[string]any{"Active": "active", "SubState": "running", "StatusText": "config 2"})
	s.looked(t, c, "config 2", units.Worker(1))

	// A process that has ended since it was read.
	sleep := exec.Command("sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	s.change(units.Worker(1), true, map[string]any{"MainPID": uint32(sleep.Process.Pid)})
	s.looked(t, c, "config 2", units.Worker(1))
	_ = sleep.Process.Kill()
	_ = sleep.Wait()
	s.change(units.Worker(1), false, map[string]any{"MainPID": uint32(0), "StatusText": "config 3"})
	s.looked(t, c, "config 3", units.Worker(1))
}

// How a worker ended is known of one that runs again, by which of them systemd told.
func TestHowAUnitEndedIsKnownAfterItsRestart(t *testing.T) {
	s, c := observed(t)
	worker := units.Worker(1)
	ended := func(want string) {
		t.Helper()
		live, _ := s.look(t, c)
		if got := live.Unit(worker).Ended; got != want {
			t.Errorf("it ended with %q, want %q", got, want)
		}
	}
	tell := func(sender, result string, restarts uint32) {
		s.change(worker, false, map[string]any{"NRestarts": restarts, "Result": "success"}) // it runs again
		s.b.signal(sender, unitPath(worker), busName+".Properties.PropertiesChanged", serviceIface,
			map[string]dbus.Variant{"Result": dbus.MakeVariant(result), "NRestarts": dbus.MakeVariant(restarts)}, []string{})
	}
	ended("")
	tell(systemd, "signal", 0)
	tell(systemd, "success", 1)
	ended("signal")
	tell(":1.99", "core-dump", 1)
	ended("signal")
	tell(systemd, "exit-code", 1)
	tell(systemd, "success", 2)
	ended("exit-code")
	tell(systemd, "success", 0) // started by hand
	ended("")
	tell(systemd, "signal", 0)
	s.b.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", systemdName, systemd, "")
	ended("")
}

// Whom systemd has forgotten knows nothing, and is told so.
func TestNothingIsRememberedOfWhatNoOneTold(t *testing.T) {
	s := &teller{w: world{units: map[string]map[string]any{}}}
	s.w.enter(units.Worker(1), "active", "running", map[string]any{"StatusText": "config 1"})
	s.b = &bus{answer: s.answer}
	c := newBus(t, s.b)
	told := watchWith(t, c)
	expect(t, told, "everything")
	s.looked(t, c, "config 1", units.Worker(1))
	s.looked(t, c, "config 1")
	s.b.mu.Lock()
	s.b.subscribed = false
	s.b.mu.Unlock()
	s.change(units.Worker(1), false, map[string]any{"StatusText": "config 2"})
	s.looked(t, c, "config 2", units.Worker(1))
	expect(t, told, "everything")
	s.looked(t, c, "config 2")

	// Another systemd, which has to be asked first.
	s.b.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", systemdName, systemd, "")
	s.looked(t, c, "config 2", units.Worker(1))
	s.looked(t, c, "config 2", units.Worker(1))
	s.b.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", systemdName, "", systemd)
	expect(t, told, "everything")
	s.looked(t, c, "config 2", units.Worker(1))
	s.looked(t, c, "config 2")
}

// Without Watch everything is read, and so it is when its connection breaks.
func TestASnapshotWithoutWatch(t *testing.T) {
	s := &teller{w: world{units: map[string]map[string]any{}}}
	s.w.enter(units.Worker(1), "active", "running", map[string]any{"StatusText": "config 1"})
	s.b = &bus{answer: s.answer}
	c := newBus(t, s.b)
	for range 2 {
		s.looked(t, c, "config 1", units.Worker(1))
	}
}

// systemd is asked whether files have changed when files have.
func TestFilesAreLookedAtWhenTheyChange(t *testing.T) {
	s, c := observed(t)
	now := time.Now()
	c.watch.Load().asked.clock = func() time.Time { return now } // on a busy machine a file is soon old
	dir := t.TempDir()
	s.path = []string{filepath.Join(dir, "etc"), filepath.Join(dir, "none")}
	write := func(name string) {
		t.Helper()
		path := filepath.Join(dir, "etc", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(fmt.Sprint(time.Now())), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	asked := func() int {
		t.Helper()
		if _, err := c.Observe(patient(t), units.Scope{}); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		n := 0
		for _, unit := range s.read {
			if _, there := s.w.units[unit]; !there {
				n++
			}
		}
		s.read = nil
		return n
	}
	write("kresd@.service")
	for range 2 { // written just now: it could be written again and look the same
		if n := asked(); n != 4 {
			t.Errorf("of %d units it was asked whether their files have changed", n)
		}
	}
	now = time.Now().Add(young)
	if n := asked(); n != 4 {
		t.Errorf("of %d units it was asked whether their files have changed", n)
	}
	if n := asked(); n != 0 {
		t.Errorf("nothing has changed, and %d units are asked about", n)
	}
	s.change(units.Worker(1), true, nil)
	if n := asked(); n != 0 {
		t.Errorf("no file has changed, and %d units are asked about", n)
	}
	s.change(units.Worker(1), false, map[string]any{"NeedDaemonReload": true})
	write("kresd@.service.d/10-a.conf")
	live, err := c.Observe(patient(t), units.Scope{})
	if err != nil || !live.Unit(units.Worker(1)).NeedDaemonReload || live.Unit(units.Worker(2)).NeedDaemonReload {
		t.Errorf("after a drop-in: %+v %v", live.Units, err)
	}
}
