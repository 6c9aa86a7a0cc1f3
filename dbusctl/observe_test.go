// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// row is one unit as systemd lists it.
func row(name, load, active, sub string, job uint32) listed {
	return listed{
		Name: name, Load: load, Active: active, Sub: sub, JobID: job,
		Path:    dbus.ObjectPath("/unit/" + strings.NewReplacer("@", "_", ".", "_", "-", "_").Replace(name)),
		JobPath: "/",
	}
}

// chosen returns the rows that a call which lists units asks for.
func chosen(rows []listed, call *dbus.Message) []any {
	asked, _ := call.Body[len(call.Body)-1].([]string)
	some := []listed{}
	for _, r := range rows {
		if slices.ContainsFunc(asked, func(p string) bool { is, _ := path.Match(p, r.Name); return is }) {
			some = append(some, r)
		}
	}
	return []any{some}
}

// list answers questions about units: which there are, and their properties by
// name and property.
func list(rows []listed, values map[string]any) func(*bus, string, *dbus.Message) ([]any, error) {
	return func(_ *bus, method string, call *dbus.Message) ([]any, error) {
		path, _ := call.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
		if method == "GetAll" {
			all := map[string]dbus.Variant{}
			for name, v := range values {
				if unit, property, _ := strings.Cut(name, " "); unit == string(path) {
					all[property] = dbus.MakeVariant(v)
				}
			}
			return []any{all}, nil
		}
		if method != "Get" {
			return chosen(rows, call), nil
		}
		v, ok := values[string(path)+" "+call.Body[1].(string)]
		if !ok {
			return nil, dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"no such unit"}}
		}
		return []any{dbus.MakeVariant(v)}, nil
	}
}

func TestObserveReadsOurUnits(t *testing.T) {
	since := time.UnixMicro(1_700_000_000_123_456)
	worker, loader := "/unit/kresd_1_service", "/unit/kres_policy_loader_service"
	rows := []listed{
		row("kresd@1.service", "loaded", "active", "running", 7),
		row(units.PolicyLoader, "loaded", "failed", "failed", 0),
		row("kresd@2.service", "not-found", "inactive", "dead", 0),
		row("kresd@3.service", "loaded", "inactive", "dead", 0), // unloaded before its properties are read
		row("kresd@01.service", "loaded", "active", "running", 0),
		row("kresd@other.service", "loaded", "active", "running", 0),
	}
	client := newBus(t, &bus{answer: list(rows, map[string]any{
		worker + " StatusText":           "config 0123456789abcdef",
		worker + " Result":               "success",
		worker + " ControlGroup":         "/no/such/cgroup",
		worker + " MainPID":              uint32(os.Getpid()),
		worker + " ExecMainStatus":       int32(0),
		worker + " NRestarts":            uint32(3),
		worker + " OOMKills":             uint64(2),
		worker + " InvocationID":         []byte{0x01, 0xab},
		worker + " NeedDaemonReload":     true,
		worker + " FreezerState":         "frozen",
		worker + " StateChangeTimestamp": uint64(since.UnixMicro()),
		loader + " StatusText":           "",
		loader + " Result":               "exit-code",
		loader + " ControlGroup":         "",
		loader + " MainPID":              uint32(0),
		loader + " ExecMainStatus":       int32(1),
		loader + " NRestarts":            uint32(0),
		loader + " OOMKills":             uint64(math.MaxUint64),
		loader + " InvocationID":         []byte{},
		loader + " NeedDaemonReload":     false,
		loader + " StateChangeTimestamp": uint64(0),

		worker + " ExecMainStartTimestamp": uint64(since.UnixMicro()),
		loader + " ExecMainStartTimestamp": uint64(0),
	})})
	live, err := client.Observe(patient(t), units.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]units.Observed{
		"kresd@1.service": {
			Name: "kresd@1.service", LoadState: "loaded", ActiveState: "active", SubState: "running", Result: "success",
			StatusText: "config 0123456789abcdef", MainPID: os.Getpid(), InvocationID: "01ab", Job: 7, Since: since, Began: since, Restarts: 3, OOMKills: new(uint64(2)),
			CgroupPath: "/no/such/cgroup", Args: os.Args[1:], NeedDaemonReload: true, FreezerState: "frozen",
		},
		units.PolicyLoader: {
			Name: units.PolicyLoader, LoadState: "loaded", ActiveState: "failed", SubState: "failed", Result: "exit-code", ExitStatus: 1,
		},
		"kresd@2.service": {Name: "kresd@2.service", LoadState: "not-found", ActiveState: "inactive", SubState: "dead"},
		"kresd@3.service": {Name: "kresd@3.service", LoadState: "loaded", ActiveState: "inactive", SubState: "dead"},
	}
	got := live.Units
	w := got["kresd@1.service"]
	if w.MemoryBytes == 0 {
		t.Error("the memory of a process is not read")
	}
	w.MemoryBytes, w.HeldBytes = 0, 0
	got["kresd@1.service"] = w
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestObserveUnitReadsOne(t *testing.T) {
	client := newBus(t, &bus{answer: list([]listed{row("kresd@2.service", "not-found", "inactive", "dead", 0)}, nil)})
	o, err := client.ObserveUnit(patient(t), "kresd@2.service")
	if err != nil || o.LoadState != "not-found" || !o.Idle() {
		t.Errorf("%+v %v", o, err)
	}
	client = newBus(t, &bus{answer: list([]listed{}, nil)})
	if o, err := client.ObserveUnit(patient(t), "kresd@2.service"); err == nil {
		t.Errorf("no answer is %+v", o)
	}
}

func TestAStateThatMayNotBeReadIsAnError(t *testing.T) {
	t.Parallel() // it is tried for a while
	client := newBus(t, &bus{answer: func(_ *bus, method string, _ *dbus.Message) ([]any, error) {
		if method == "Get" {
			return nil, dbus.Error{Name: busName + ".Error.NoReply", Body: []any{"x"}}
		}
		return []any{[]listed{row("kresd@1.service", "loaded", "active", "running", 0)}}, nil
	}})
	if live, err := client.Observe(patient(t), units.Scope{}); !errors.Is(err, units.ErrUnavailable) || !strings.Contains(err.Error(), "kresd@1.service") {
		t.Errorf("%+v %v", live, err)
	}
}

// A worker that ends while it is looked at is not one that runs without a
// process.
func TestAStateThatChangesMeanwhileIsReadAgain(t *testing.T) {
	reads := 0
	client := newBus(t, &bus{answer: func(_ *bus, method string, call *dbus.Message) ([]any, error) {
		ended := reads > 3
		if method != "Get" {
			if ended {
				return chosen([]listed{row("kresd@1.service", "loaded", "failed", "failed", 0)}, call), nil
			}
			return chosen([]listed{row("kresd@1.service", "loaded", "active", "running", 0)}, call), nil
		}
		reads++
		switch call.Body[1] {
		case "SubState":
			return []any{dbus.MakeVariant(map[bool]string{true: "failed", false: "running"}[ended])}, nil
		case "MainPID":
			return []any{dbus.MakeVariant(uint32(map[bool]int{true: 0, false: os.Getpid()}[ended]))}, nil
		case "Result":
			return []any{dbus.MakeVariant(map[bool]string{true: "signal", false: "success"}[ended])}, nil
		}
		return nil, dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"not asked here"}}
	}})
	live, err := client.Observe(patient(t), units.Scope{})
	o := live.Unit("kresd@1.service")
	if err != nil || o.ActiveState != "failed" || o.SubState != "failed" || o.MainPID != 0 || o.Result != "signal" {
		t.Errorf("%+v %v", o, err)
	}
}

// Of a target, which has no processes, one question tells all; none reads it in.
func TestObserveUnitAsksOnceOfATarget(t *testing.T) {
	for name, c := range map[string]struct {
		rows  []listed
		state string
		job   uint32
	}{
		"there":         {[]listed{row(units.Target, "loaded", "active", "active", 7)}, "active", 7},
		"not in memory": {nil, "inactive", 0},
	} {
		asked := 0 // by one call after another
		answer := list(c.rows, nil)
		client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
			if asked++; method != "ListUnitsByPatterns" {
				t.Errorf("%s: asked %s", name, method)
			}
			return answer(b, method, call)
		}})
		o, err := client.ObserveUnit(patient(t), units.Target)
		if err != nil || o.Name != units.Target || o.ActiveState != c.state || o.Job != c.job || asked != 1 {
			t.Errorf("%s: %+v %v, asked %d times", name, o, err, asked)
		}
	}
}

// A snapshot of states alone asks once, too, of whatever is in memory.
func TestABriefSnapshotIsOneQuestion(t *testing.T) {
	rows := []listed{
		row("kresd@1.service", "loaded", "active", "running", 7),
		row("kresd@01.service", "loaded", "active", "running", 0),
		row(units.Target, "loaded", "active", "active", 0),
	}
	asked := 0
	answer := list(rows, nil)
	client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
		asked++
		return answer(b, method, call)
	}})
	live, err := client.Observe(patient(t), units.Scope{Brief: true, Units: []string{"kresd@2.service"}})
	if err != nil || asked != 1 || len(live.Units) != 1 || live.Unit("kresd@1.service").Job != 7 || !live.Target.Serving() {
		t.Errorf("%+v %v, asked %d times", live, err, asked)
	}
}

// A systemd that executes itself anew leaves the bus for a moment.
func TestAnAnswerThatIsMissingIsAskedForAgain(t *testing.T) {
	away := true
	client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
		if away {
			away = false
			return nil, dbus.Error{Name: busName + ".Error.NoReply", Body: []any{"Message recipient disconnected"}}
		}
		return list([]listed{row("kresd@2.service", "not-found", "inactive", "dead", 0)}, nil)(b, method, call)
	}})
	if live, err := client.Observe(patient(t), units.Scope{}); err != nil || len(live.Units) != 1 {
		t.Errorf("%+v %v", live, err)
	}
}

func TestActiveState(t *testing.T) {
	for _, c := range []struct {
		load, active, want string
	}{
		{"not-found", "inactive", "inactive"},
		{"loaded", "active", "active"},
		{"loaded", "failed", "failed"},
		{"masked", "active", "active"}, // masked while it ran
	} {
		client := newBus(t, &bus{answer: list([]listed{row(units.Stock, c.load, c.active, "x", 0)}, nil)})
		if got, err := client.ActiveState(patient(t), units.Stock); err != nil || got != c.want {
			t.Errorf("%s and %s: %q %v", c.load, c.active, got, err)
		}
	}
	client := newBus(t, &bus{answer: list(nil, nil)})
	if got, err := client.ActiveState(patient(t), units.Stock); err != nil || got != "inactive" {
		t.Errorf("not in memory: %q %v", got, err)
	}
}

// world is systemd whose units change at certain reads, which are counted from 1
// over all of them.
type world struct {
	units   map[string]map[string]any // properties of units that are loaded, with "Load", "Active", "Job" and "JobType"
	reads   int
	at      map[int]func(w *world)
	changes int // of states, so that each has a time of its own
}

// enter has a unit enter a state.
func (w *world) enter(unit, active, sub string, values map[string]any) {
	w.changes++
	u := w.units[unit]
	if u == nil {
		u = map[string]any{"Load": "loaded", "Job": uint32(0), "JobType": ""}
		w.units[unit] = u
	}
	u["Active"], u["SubState"], u["StateChangeTimestamp"] = active, sub, uint64(w.changes)
	maps.Copy(u, values)
}

func (w *world) answer(_ *bus, method string, call *dbus.Message) ([]any, error) {
	if method != "Get" {
		var rows []listed
		for name, u := range w.units {
			r := row(name, u["Load"].(string), u["Active"].(string), u["SubState"].(string), u["Job"].(uint32))
			r.JobType, r.Path = u["JobType"].(string), unitPath(name)
			rows = append(rows, r)
		}
		return chosen(rows, call), nil
	}
	w.reads++
	if f := w.at[w.reads]; f != nil {
		f(w)
	}
	path, _ := call.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	v, there := w.units[unitOf(path)][call.Body[1].(string)]
	if !there {
		return nil, dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"no such unit"}}
	}
	return []any{dbus.MakeVariant(v)}, nil
}

// A worker that is restarted while it is looked at is in the same state
// afterwards, and another one: neither its process with the last one's words, nor
// the words of one that only starts.
func TestWhatIsReadOfAWorkerIsOfOneRun(t *testing.T) {
	run := func(pid int, text string, id byte) map[string]any {
		return map[string]any{"MainPID": uint32(pid), "StatusText": text, "InvocationID": []byte{id}}
	}
	const unit = "kresd@1.service"
	for read := 1; read <= 20; read++ {
		for back := read; back <= 20; back++ {
			w := &world{units: map[string]map[string]any{}}
			w.enter(unit, "active", "running", run(4_000_001, "config old", 1))
			w.at = map[int]func(*world){
				read: func(w *world) { w.enter(unit, "activating", "start", run(4_000_002, "", 2)) },
			}
			start := w.at[read]
			w.at[back] = func(w *world) {
				if back == read {
					start(w)
				}
				w.enter(unit, "active", "running", run(4_000_002, "config new", 2))
			}
			live, err := newBus(t, &bus{answer: w.answer}).Observe(patient(t), units.Scope{})
			if err != nil {
				t.Fatal(err)
			}
			o := live.Unit(unit)
			got := fmt.Sprint(o.ActiveState, " ", o.MainPID, " ", o.StatusText, " ", o.InvocationID)
			if got != "active 4000001 config old 01" && got != "active 4000002 config new 02" && got != "activating 4000002  02" {
				t.Fatalf("a restart in read %d to %d: %s", read, back, got)
			}
		}
	}
}

// A unit that stops while others are read has stopped in the snapshot: what is
// planned from it is planned from one picture.
func TestTheSnapshotIsOnePicture(t *testing.T) {
	w := &world{units: map[string]map[string]any{}}
	for _, unit := range []string{units.Target, units.PolicyLoader, "kresd@1.service", "kresd@2.service", "kresd@10.service"} {
		w.enter(unit, "active", "running", nil)
	}
	w.at = map[int]func(*world){30: func(w *world) { // systemctl stop kresd.target
		for unit := range w.units {
			w.enter(unit, "inactive", "dead", map[string]any{"Job": uint32(0)})
		}
		w.enter("kresd@10.service", "deactivating", "stop", map[string]any{"Job": uint32(7), "JobType": "stop"})
	}}
	live, err := newBus(t, &bus{answer: w.answer}).Observe(patient(t), units.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if live.Target.Name != units.Target || live.Target.ActiveState != "inactive" {
		t.Errorf("the target: %+v", live.Target)
	}
	for name, o := range live.Units {
		if want := map[bool]string{true: "deactivating", false: "inactive"}[name == "kresd@10.service"]; o.ActiveState != want {
			t.Errorf("%s is %s, and its target was stopped", name, o.ActiveState)
		}
	}
	if o := live.Unit("kresd@10.service"); o.Job != 7 || o.JobType != "stop" {
		t.Errorf("the job of a worker: %+v", o)
	}
	if len(live.Units) != 4 {
		t.Errorf("units: %v", live.Units)
	}
}

// What changes without end is still answered.
func TestASnapshotOfWhatNeverStandsStillEnds(t *testing.T) {
	w := &world{units: map[string]map[string]any{}, at: map[int]func(*world){}}
	turn := func(w *world) { w.enter("kresd@1.service", "activating", fmt.Sprint("state-", w.changes), nil) }
	turn(w)
	for read := range 1000 {
		w.at[read] = turn
	}
	live, err := newBus(t, &bus{answer: w.answer}).Observe(patient(t), units.Scope{})
	if err != nil || live.Unit("kresd@1.service").ActiveState != "activating" {
		t.Errorf("%+v %v", live, err)
	}
}

// No one makes a listing longer by names that are like ours.
func TestPatternsAreOurUnitsAlone(t *testing.T) {
	for name, want := range map[string]bool{
		"kresd@1.service": true, "kresd@42.service": true, "kresd@9999.service": true, "kresd@canary.service": true,
		units.PolicyLoader: true, units.CacheGC: true, "kres-component@exporter-2.service": true,
		"kresd@0.service": false, "kresd@01.service": false, "kresd@10000.service": false, "kresd@1a.service": false,
		"kresd@other.service": false, "kresd@.service": false, "kres-component@.service": false, units.Stock: false,
	} {
		if got := slices.ContainsFunc(patterns(), func(p string) bool { is, _ := path.Match(p, name); return is }); got != want {
			t.Errorf("%s: %v", name, got)
		}
		if _, ours := units.RoleOf(name); ours != want {
			t.Errorf("%s: ours is %v", name, ours)
		}
	}
}

// A slice stops after what is in it, and a target before.
func TestASliceThatIsToStopCountsAsATargetThatStops(t *testing.T) {
	w := &world{units: map[string]map[string]any{}}
	transient := &Transient{Client: newBus(t, &bus{answer: w.answer}), Slice: "kresd.slice"}
	for _, c := range []struct{ job, want string }{{"", "active"}, {"start", "active"}, {"stop", "deactivating"}} {
		w.enter("kresd.slice", "active", "active", map[string]any{"JobType": c.job})
		live, err := transient.Observe(patient(t), units.Scope{})
		if err != nil || live.Target.Name != units.Target || live.Target.ActiveState != c.want || len(live.Units) != 0 {
			t.Errorf("with the job %q: %+v %v", c.job, live, err)
		}
		if o, err := transient.ObserveUnit(patient(t), units.Target); err != nil || o.Name != units.Target || o.ActiveState != c.want {
			t.Errorf("alone, with the job %q: %+v %v", c.job, o, err)
		}
	}
}

// A unit that is not in memory is read in by each call that is about it, with all that
// it names: it is looked up once, and no property of it is read. One that is started
// meanwhile is in memory, and read.
func TestUnitsThatAreNotInMemoryAreLookedUpOnce(t *testing.T) {
	for _, started := range []bool{false, true} {
		var lookUps, lists, gets int
		client := newBus(t, &bus{answer: func(_ *bus, method string, call *dbus.Message) ([]any, error) {
			idle := []listed{row("kresd@1.service", "loaded", "inactive", "dead", 0), row(units.PolicyLoader, "masked", "inactive", "dead", 0), row(units.Target, "loaded", "inactive", "dead", 0)}
			switch method {
			case "ListUnitsByPatterns":
				if lists++; started && lists == 2 || lists > 2 {
					idle[0] = row("kresd@1.service", "loaded", "activating", "start", 7)
					return []any{idle[:1]}, nil
				}
				return []any{[]listed{}}, nil
			case "ListUnitsByNames":
				lookUps++
				return chosen(idle, call), nil
			}
			gets++
			return []any{dbus.MakeVariant("start")}, nil
		}})
		live, err := client.Observe(patient(t), units.Scope{Units: []string{"kresd@1.service", units.PolicyLoader}})
		if err != nil {
			t.Fatal(err)
		}
		want := units.Observed{Name: "kresd@1.service", LoadState: "loaded", ActiveState: "inactive", SubState: "dead", Result: "success"}
		switch w := live.Unit("kresd@1.service"); {
		case started && (w.ActiveState != "activating" || w.Job != 7 || gets == 0):
			t.Errorf("started meanwhile: %+v after reading %d properties", w, gets)
		case !started && (!cmp.Equal(w, want) || gets != 0):
			t.Errorf("%+v after reading %d properties", w, gets)
		}
		if lookUps != 1 {
			t.Errorf("looked up %d times", lookUps)
		}
		if o := live.Unit(units.PolicyLoader); !o.Masked() {
			t.Errorf("%+v is not masked", o)
		}
	}
}
