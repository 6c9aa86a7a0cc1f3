// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// Whose limits are read: who is wanted, who runs, and whom limits were set for.
func TestLimitsAreOfThoseAskedForAndOfThoseThatHaveSome(t *testing.T) {
	control := t.TempDir()
	for _, name := range []string{"kresd@7.service.d", "kresd@07.service.d", "dbus.service.d", "kresd@canary.service.d"} {
		if err := os.Mkdir(filepath.Join(control, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	values := map[string]any{}
	for _, unit := range []string{"kresd@1.service", "kresd@2.service", "kresd@7.service"} {
		for _, p := range units.LimitProperties {
			values[string(unitPath(unit))+" "+p.Name] = uint64(units.Unlimited)
		}
	}
	values[string(unitPath("kresd@7.service"))+" MemoryMax"] = uint64(1 << 20)
	delete(values, string(unitPath("kresd@7.service"))+" IOWeight") // as with an older systemd
	rows := []listed{row("kresd@2.service", "loaded", "active", "running", 0)}
	var asked sync.Map
	answer := list(rows, values)
	client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
		if method == "Get" || method == "GetAll" {
			what := fmt.Sprint(method, " ", call.Headers[dbus.FieldPath].Value(), " ", call.Body[0])
			asked.Store(what, true)
			if method == "Get" {
				asked.Store(fmt.Sprint(what, " ", call.Body[1]), true)
			}
		}
		return answer(b, method, call)
	}})
	every := units.Limits{MemoryMax: 1, MemoryHigh: 1, TasksMax: 1, CPUWeight: 1, IOWeight: 1}
	scope := units.Scope{Units: []string{"kresd@1.service", units.CacheGC}, Limits: every, Lifted: true}
	live, err := client.snapshot(t.Context(), scope, units.Target, control)
	if err != nil {
		t.Fatal(err)
	}
	got := live.Limits
	// Each question about a unit that is not in memory has systemd read it in and forget it.
	for _, unit := range []string{"kresd@1.service", "kresd@7.service"} {
		_, one := asked.Load(fmt.Sprint("Get ", unitPath(unit), " ", serviceIface))
		_, all := asked.Load(fmt.Sprint("GetAll ", unitPath(unit), " ", serviceIface))
		if one || !all {
			t.Errorf("%s, which systemd has not in memory, was asked for single properties: %v, for all at once: %v", unit, one, all)
		}
	}
	const no = units.Unlimited
	none := units.Limits{MemoryMax: no, MemoryHigh: no, TasksMax: no, CPUWeight: no, IOWeight: no}
	some := none
	some.MemoryMax = 1 << 20
	want := map[string]units.Limits{"kresd@1.service": none, "kresd@2.service": none, "kresd@7.service": some}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	scope.Lifted = false
	if live, err = client.snapshot(t.Context(), scope, units.Target, control); err != nil {
		t.Fatal(err)
	}
	delete(want, "kresd@7.service")
	if diff := cmp.Diff(want, live.Limits); diff != "" {
		t.Errorf("no limit is lifted: %s", diff)
	}
	asked.Clear()
	scope.Limits = units.Limits{CPUWeight: 1}
	if live, err = client.snapshot(t.Context(), scope, units.Target, control); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, live.Limits); diff != "" {
		t.Errorf("one limit is in scope: %s", diff)
	}
	for _, p := range units.LimitProperties {
		_, read := asked.Load(fmt.Sprint("Get ", unitPath("kresd@2.service"), " ", serviceIface, " ", p.Name))
		if read != (p.Name == "CPUWeight") {
			t.Errorf("%s was read: %v", p.Name, read)
		}
	}
	if live, err := client.Observe(t.Context(), units.Scope{}); err != nil || live.Limits != nil {
		t.Errorf("not in scope, and read: %v %v", live.Limits, err)
	}
}

func TestSetSetsUntilTheNextBoot(t *testing.T) {
	bodies := make(chan []any, 2)
	client := newBus(t, &bus{answer: func(_ *bus, method string, call *dbus.Message) ([]any, error) {
		if method != "SetUnitProperties" {
			t.Errorf("method %s", method)
		}
		bodies <- call.Body
		if call.Body[0] == "kresd@2.service" {
			return nil, dbus.Error{Name: accessDenied, Body: []any{"Permission denied"}}
		}
		return nil, nil
	}})
	if err := client.Set(t.Context(), "kresd@1.service", []units.Setting{{Name: "MemoryMax", Value: 5}, {Name: "IOWeight", Value: units.Unlimited}}); err != nil {
		t.Fatal(err)
	}
	want := []any{"kresd@1.service", true, [][]any{{"MemoryMax", dbus.MakeVariant(uint64(5))}, {"IOWeight", dbus.MakeVariant(uint64(units.Unlimited))}}}
	if diff := cmp.Diff(want, <-bodies, cmp.Comparer(func(a, b dbus.Variant) bool { return a.String() == b.String() })); diff != "" {
		t.Error(diff)
	}
	if err := client.Set(t.Context(), "kresd@2.service", nil); !errors.Is(err, units.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestServiceText(t *testing.T) {
	client := newBus(t, &bus{answer: list(nil, map[string]any{string(unitPath("kresd@1.service")) + " Slice": "dns.slice"})})
	if got, err := client.ServiceText(t.Context(), "kresd@1.service", "Slice"); got != "dns.slice" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if got, err := client.ServiceText(t.Context(), "kresd@1.service", "Restart"); got != "" || err == nil {
		t.Errorf("%q %v", got, err)
	}
}
