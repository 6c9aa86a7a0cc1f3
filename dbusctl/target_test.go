// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// The job of ours has number 20. What the target's own jobs were, and what has become of it,
// tells who had the last word.
func TestAJobThatBringsBackWhatWasStopped(t *testing.T) {
	const ours = 20
	const long = 1 // µs after the boot
	later := uint64((monotonic() + time.Hour) / time.Microsecond)
	for _, c := range []struct {
		name    string
		before  []uint32 // jobs of the target that ended before ours was asked for
		ended   []uint32 // and those while systemd asked polkit
		then    []uint32 // and those while ours ran
		state   string
		entered uint64 // µs; 0 is while ours was queued
		queued  uint32 // job of the target
		verb    string // "" for a start
		stopped bool
	}{
		{name: "the first start of all", then: []uint32{22}, state: "active"},
		{name: "a first start, with workers on their way", state: "inactive", queued: 22},
		{name: "a stop meanwhile", ended: []uint32{17}, then: []uint32{22}, state: "active", stopped: true},
		{name: "a stop meanwhile, and the target is just there", ended: []uint32{17}, state: "active", entered: later, stopped: true},
		{name: "a stop meanwhile, with workers on their way", ended: []uint32{17}, state: "inactive", queued: 22, stopped: true},
		{name: "a stop before it was asked for", before: []uint32{17}, then: []uint32{22}, state: "active"},
		{name: "a stop meanwhile, and one before", before: []uint32{3}, ended: []uint32{17}, then: []uint32{22}, state: "active", stopped: true},
		{name: "a stop meanwhile, and a unit without the target", ended: []uint32{17}, state: "inactive", stopped: true},
		{name: "a stop meanwhile, and another one", ended: []uint32{17}, then: []uint32{25}, state: "inactive", stopped: true},
		{name: "a stop that was queued before, and ends later", then: []uint32{17}, state: "inactive", stopped: true},
		{name: "a restart of one worker, and a stop", ended: []uint32{17}, state: "inactive", queued: 21, verb: "restart", stopped: true},
		{name: "a start by someone else meanwhile", ended: []uint32{17}, state: "active"},
		{name: "a start by someone else before, and another one", ended: []uint32{17}, then: []uint32{23}, state: "active", entered: long},
		{name: "a stop and a start meanwhile, with workers on their way", ended: []uint32{17}, state: "inactive", queued: 18},
		{name: "it comes with an earlier start", then: []uint32{17}, state: "active", entered: later},
		{name: "it was active all the time", before: []uint32{3}, ended: []uint32{17}, state: "active", entered: long},
	} {
		t.Run(c.name, func(t *testing.T) {
			during := uint64(0) // only the bus looks at it, one call after another
			b := &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
				switch method {
				case "StartUnit", "RestartUnit":
					during = uint64((monotonic() + time.Microsecond - 1) / time.Microsecond)
					for _, id := range c.ended {
						b.ended(id, units.Target)
					}
					return []any{jobPath(ours)}, nil
				case "ListUnitsByPatterns":
					return []any{[]listed{}}, nil
				case "Get":
					switch property := call.Body[1]; property {
					case "ActiveState":
						return []any{dbus.MakeVariant(c.state)}, nil
					case "ActiveEnterTimestampMonotonic":
						return []any{dbus.MakeVariant(cmp.Or(c.entered, during))}, nil
					case "Job":
						return []any{dbus.MakeVariant(struct {
							ID   uint32
							Path dbus.ObjectPath
						}{c.queued, jobPath(c.queued)})}, nil
					}
				}
				return nil, dbus.Error{Name: busName + ".Error.UnknownMethod", Body: []any{method}}
			}, then: func(b *bus, method string) {
				if method != "StartUnit" && method != "RestartUnit" {
					return
				}
				for _, id := range c.then {
					b.ended(id, units.Target)
				}
				b.ended(ours, "kresd@1.service")
			}}
			client := newBus(t, b)
			if _, err := client.get(patient(t)); err != nil {
				t.Fatal(err)
			}
			for _, id := range c.before {
				b.ended(id, units.Target)
			}
			for client.Mark() < units.Mark(len(c.before)) {
				time.Sleep(time.Millisecond)
			}
			do := client.Start
			if c.verb == "restart" {
				do = client.Restart
			}
			err := do(patient(t), "kresd@1.service", units.JobTerms{Since: client.Mark()})
			if c.stopped != errors.Is(err, units.ErrTargetStopped) || !c.stopped && err != nil {
				t.Errorf("got %v, stopped meanwhile: %t", err, c.stopped)
			}
		})
	}
}

// Nothing may be built on a job that has perhaps undone a stop: that is known when it ends.
func TestAJobIsToldOfUnlessAJobOfTheTargetHasEndedMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile, afterwards []uint32 // jobs of the target that ended
		told                  int
	}{
		"nothing else":                 {nil, nil, 1},
		"the target came in with it":   {nil, []uint32{21}, 1},
		"a stop while polkit is asked": {[]uint32{17}, []uint32{21}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var client *Client
			b := &bus{answer: func(b *bus, method string, _ *dbus.Message) ([]any, error) {
				switch method {
				case "StartUnit":
					for _, id := range c.meanwhile {
						b.ended(id, units.Target)
					}
					for client.Mark() < units.Mark(len(c.meanwhile)) {
						time.Sleep(time.Millisecond)
					}
					return []any{jobPath(20)}, nil
				case "ListUnitsByPatterns":
					return []any{[]listed{}}, nil
				}
				return nil, dbus.Error{Name: busName + ".Error.UnknownMethod", Body: []any{method}}
			}, then: func(b *bus, method string) {
				if method != "StartUnit" {
					return
				}
				for _, id := range c.afterwards {
					b.ended(id, units.Target)
				}
				b.ended(20, "kresd@1.service")
			}}
			client = newBus(t, b)
			told := 0
			if err := client.Start(patient(t), "kresd@1.service", units.JobTerms{Queued: func() { told++ }}); err != nil {
				t.Fatal(err)
			}
			if told != c.told {
				t.Errorf("told %d times, want %d", told, c.told)
			}
		})
	}
}

func jobPath(id uint32) dbus.ObjectPath {
	return dbus.ObjectPath(fmt.Sprintf("%s/job/%d", systemdPath, id))
}

// ended means that a job is done.
func (b *bus) ended(id uint32, unit string) {
	b.signal(systemd, systemdPath, managerIface+".JobRemoved", id, jobPath(id), unit, "done")
}

func TestJobsOfTheTargetAreCountedAndBounded(t *testing.T) {
	var all targetJobs
	here, before := newJobs(systemd, nil), newJobs(systemd, nil)
	for id := range uint32(1000) {
		over := here
		if id < 500 {
			over = before // another connection
		}
		all.removed(units.Target, targetJob{2 * id, over, dbus.Sequence(10 * id)})
		all.removed("kresd@1.service", targetJob{2*id + 1, over, dbus.Sequence(10*id + 5)})
	}
	if all.mark() != 1000 || len(all.last) > keptTargetJobs {
		t.Errorf("%d ended, %d are kept", all.mark(), len(all.last))
	}
	for _, c := range []struct {
		since         units.Mark
		id            uint32
		told          dbus.Sequence
		over          *jobs
		before, after bool
	}{
		{1000, 1, 1, here, false, false},
		{1000, 5000, 99999, here, false, false},
		{999, 1999, 9989, here, false, false},
		{999, 1999, 9991, here, true, false},
		{999, 1997, 9991, here, true, true},
		{998, 1997, 9985, here, true, true},
		{0, 1999, 1, here, false, false},
		{0, 1999, 1, before, true, false},
	} {
		if before, after := all.around(c.since, targetJob{c.id, c.over, c.told}); before != c.before || after != c.after {
			t.Errorf("since %d around %d: %t, %t", c.since, c.id, before, after)
		}
	}
}
