// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"errors"
	"os"
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

// list answers questions about units: which there are, and their properties by
// name and property.
func list(rows []listed, values map[string]any) func(*bus, string, *dbus.Message) ([]any, error) {
	return func(_ *bus, method string, call *dbus.Message) ([]any, error) {
		if method != "Get" {
			return []any{rows}, nil
		}
		path, _ := call.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
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
		worker + " InvocationID":         []byte{0x01, 0xab},
		worker + " NeedDaemonReload":     true,
		worker + " StateChangeTimestamp": uint64(since.UnixMicro()),
		loader + " StatusText":           "",
		loader + " Result":               "exit-code",
		loader + " ControlGroup":         "",
		loader + " MainPID":              uint32(0),
		loader + " ExecMainStatus":       int32(1),
		loader + " NRestarts":            uint32(0),
		loader + " InvocationID":         []byte{},
		loader + " NeedDaemonReload":     false,
		loader + " StateChangeTimestamp": uint64(0),

		worker + " ExecMainStartTimestamp": uint64(since.UnixMicro()),
		loader + " ExecMainStartTimestamp": uint64(0),
	})})
	live, err := client.Observe(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]units.Observed{
		"kresd@1.service": {
			Name: "kresd@1.service", LoadState: "loaded", ActiveState: "active", SubState: "running", Result: "success",
			StatusText: "config 0123456789abcdef", MainPID: os.Getpid(), InvocationID: "01ab", Job: 7, Since: since, Began: since, Restarts: 3,
			CgroupPath: "/no/such/cgroup", Args: os.Args[1:], NeedDaemonReload: true,
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
	if live, err := client.Observe(patient(t)); !errors.Is(err, units.ErrUnavailable) || !strings.Contains(err.Error(), "kresd@1.service") {
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
				return []any{[]listed{row("kresd@1.service", "loaded", "failed", "failed", 0)}}, nil
			}
			return []any{[]listed{row("kresd@1.service", "loaded", "active", "running", 0)}}, nil
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
	live, err := client.Observe(patient(t))
	o := live.Unit("kresd@1.service")
	if err != nil || o.ActiveState != "failed" || o.SubState != "failed" || o.MainPID != 0 || o.Result != "signal" {
		t.Errorf("%+v %v", o, err)
	}
}

// A target has none of the properties of a service, and systemd says so.
func TestObserveUnitReadsATarget(t *testing.T) {
	answer := list([]listed{row(units.Target, "loaded", "active", "active", 0)}, map[string]any{
		"/unit/kresd_target InvocationID":         []byte{0x01, 0xab},
		"/unit/kresd_target NeedDaemonReload":     false,
		"/unit/kresd_target StateChangeTimestamp": uint64(0),
	})
	client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
		if method == "Get" && call.Body[0] == serviceIface {
			return nil, dbus.Error{Name: busName + ".Error.UnknownInterface", Body: []any{"Unknown interface"}}
		}
		return answer(b, method, call)
	}})
	o, err := client.ObserveUnit(patient(t), units.Target)
	if err != nil || o.ActiveState != "active" || o.InvocationID != "01ab" {
		t.Errorf("%+v %v", o, err)
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
	if live, err := client.Observe(patient(t)); err != nil || len(live.Units) != 1 {
		t.Errorf("%+v %v", live, err)
	}
}

func TestStockState(t *testing.T) {
	for _, c := range []struct {
		load, active, want string
	}{
		{"not-found", "inactive", ""},
		{"loaded", "active", "active"},
		{"loaded", "failed", "failed"},
		{"masked", "inactive", "inactive"},
		{"masked", "active", "active"}, // masked while it ran
	} {
		client := newBus(t, &bus{answer: list([]listed{row(units.Stock, c.load, c.active, "x", 0)}, nil)})
		if got, err := client.StockState(patient(t)); err != nil || got != c.want {
			t.Errorf("%s and %s: %q %v", c.load, c.active, got, err)
		}
	}
}
