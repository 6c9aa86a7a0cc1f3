// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"fmt"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const systemd = ":1.1" // unique name of systemd on the buses of the tests

// removed is a JobRemoved signal.
func removed(sender, path, result string) *dbus.Signal {
	return &dbus.Signal{
		Sender: sender, Path: systemdPath, Name: managerIface + ".JobRemoved",
		Body: []any{uint32(1), dbus.ObjectPath(path), "kresd@1.service", result},
	}
}

// result returns what came on a channel: "closed", or "nothing" for nothing.
func result(ch <-chan string) string {
	select {
	case r, ok := <-ch:
		if !ok {
			return "closed"
		}
		return r
	default:
		return "nothing"
	}
}

func TestJobResults(t *testing.T) {
	owner := func(sender, name, owner string) *dbus.Signal {
		return &dbus.Signal{Sender: sender, Name: busName + ".NameOwnerChanged", Body: []any{name, systemd, owner}}
	}
	for _, c := range []struct {
		name   string
		before func(*jobs)
		after  func(*jobs)
		want   string
	}{
		{"a job that has not ended", nil, nil, "nothing"},
		{"a result that comes after the wait began", nil, func(j *jobs) { j.removed(removed(systemd, "/job/1", "done")) }, "done"},
		{"a result that comes before the wait began", func(j *jobs) { j.removed(removed(systemd, "/job/1", "failed")) }, nil, "failed"},
		{"the result of another job", nil, func(j *jobs) { j.removed(removed(systemd, "/job/2", "done")) }, "nothing"},
		{"a result that someone else tells", nil, func(j *jobs) { j.removed(removed(":1.99", "/job/1", "done")) }, "nothing"},
		{"a result that someone else told before", func(j *jobs) { j.removed(removed(":1.99", "/job/1", "done")) }, nil, "nothing"},
		{"a result that someone else tells by name", nil, func(j *jobs) { j.removed(removed(systemdName, "/job/1", "done")) }, "nothing"},
		{"a result of another object", nil, func(j *jobs) {
			s := removed(systemd, "/job/1", "done")
			s.Path = "/org/freedesktop/other"
			j.removed(s)
		}, "nothing"},
		{"a signal with another body", nil, func(j *jobs) {
			s := removed(systemd, "/job/1", "done")
			s.Body = s.Body[1:]
			j.removed(s)
		}, "nothing"},
		{"a lie and then the truth", nil, func(j *jobs) {
			j.removed(removed(":1.99", "/job/1", "done"))
			j.removed(removed(systemd, "/job/1", "failed"))
		}, "failed"},
		{"the connection breaks", nil, (*jobs).lost, "closed"},
		{"the connection broke before", (*jobs).lost, nil, "closed"},
		{"the result came before the connection broke", func(j *jobs) { j.removed(removed(systemd, "/job/1", "done")); j.lost() }, nil, "done"},
		{"no one waits any more", nil, func(j *jobs) {
			j.forget("/job/1")
			j.removed(removed(systemd, "/job/1", "done"))
		}, "nothing"},
		{"systemd has another name now", nil, func(j *jobs) {
			j.ownerChanged(owner(busName, systemdName, ":1.50"))
			j.removed(removed(":1.50", "/job/1", "done"))
		}, "done"},
		{"systemd had another name", nil, func(j *jobs) {
			j.ownerChanged(owner(busName, systemdName, ":1.50"))
			j.removed(removed(systemd, "/job/1", "done"))
		}, "nothing"},
		{"systemd has no name now, and a signal no sender", nil, func(j *jobs) {
			j.ownerChanged(owner(busName, systemdName, ""))
			j.removed(removed(":1.99", "/job/1", "done"))
		}, "nothing"},
		{"someone claims that systemd has another name", nil, func(j *jobs) {
			j.ownerChanged(owner(":1.99", systemdName, ":1.99"))
			j.removed(removed(":1.99", "/job/1", "done"))
		}, "nothing"},
		{"another service has another name", nil, func(j *jobs) {
			j.ownerChanged(owner(busName, "org.example", ":1.99"))
			j.removed(removed(":1.99", "/job/1", "done"))
		}, "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := newJobs(systemd, new(targetJobs))
			if c.before != nil {
				c.before(j)
			}
			ch := j.wait("/job/1")
			if c.after != nil {
				c.after(j)
			}
			if got := result(ch); got != c.want {
				t.Errorf("the result is %q, want %q", got, c.want)
			}
		})
	}
}

// Every job of the system is told to us; those no one waits for must not fill
// the memory of a manager that runs for years.
func TestResultsThatNoOneWantsAreBounded(t *testing.T) {
	j := newJobs(systemd, new(targetJobs))
	for i := range 10 * keptResults {
		j.removed(removed(systemd, fmt.Sprintf("/job/%d", i), "done"))
	}
	if len(j.results) > keptResults || len(j.order) > keptResults || len(j.waiting) > 0 {
		t.Errorf("kept: %d results, order of %d, %d waiting", len(j.results), len(j.order), len(j.waiting))
	}
	newest := dbus.ObjectPath(fmt.Sprintf("/job/%d", 10*keptResults-1))
	if got := result(j.wait(newest)); got != "done" {
		t.Errorf("the newest result is %q", got)
	}
	if got := result(j.wait("/job/0")); got != "nothing" {
		t.Errorf("the oldest result is %q", got)
	}
}

func TestAWaiterThatIsGoneDoesNotHoldUpTheSignals(t *testing.T) {
	j := newJobs(systemd, new(targetJobs))
	for i := range 100 {
		path := fmt.Sprintf("/job/%d", i)
		_ = j.wait(dbus.ObjectPath(path)) // never read
		j.removed(removed(systemd, path, "done"))
	}
	if len(j.waiting) > 0 {
		t.Errorf("%d are still waiting", len(j.waiting))
	}
}

func TestJobsAreSafeForConcurrentUse(t *testing.T) {
	j := newJobs(systemd, new(targetJobs))
	var all sync.WaitGroup
	for i := range 50 {
		path := fmt.Sprintf("/job/%d", i)
		all.Go(func() {
			if r := <-j.wait(dbus.ObjectPath(path)); r != "done" {
				t.Errorf("%s: %s", path, r)
			}
		})
		all.Go(func() { j.removed(removed(systemd, path, "done")) })
	}
	all.Wait()
}
