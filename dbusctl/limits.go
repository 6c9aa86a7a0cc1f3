// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// controlDir is where systemd keeps what SetUnitProperties set until the next
// boot, a folder a unit.
const controlDir = "/run/systemd/system.control"

// limited lists the workers whose limits are in scope of a snapshot.
func limited(live units.Live, scope units.Scope, control string) []string {
	names := slices.DeleteFunc(slices.Clone(scope.Units), func(unit string) bool {
		_, worker := units.WorkerNumber(unit)
		return !worker
	})
	for _, n := range live.Workers() {
		names = append(names, units.Worker(n))
	}
	if scope.Lifted {
		entries, _ := os.ReadDir(control) // no limit was ever set if it is not there
		for _, e := range entries {
			unit := strings.TrimSuffix(e.Name(), ".d")
			if _, worker := units.WorkerNumber(unit); worker {
				names = append(names, unit)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unlimited are the limits of a worker that has none.
var unlimited = units.Limits{
	MemoryMax: units.Unlimited, MemoryHigh: units.Unlimited, TasksMax: units.Unlimited, CPUWeight: units.Unlimited, IOWeight: units.Unlimited,
}

// limitsIn are the properties of those limits that are not 0.
func limitsIn(l units.Limits) []units.LimitProperty {
	return slices.DeleteFunc(slices.Clone(units.LimitProperties), func(p units.LimitProperty) bool { return *p.Of(&l) == 0 })
}

// limits reads some limits of workers. No change of state changes them, so they
// belong to any picture. Of one that systemd has not in memory all properties are read at
// once, and nothing else: each call has systemd read it in, and forget it.
func (n *conn) limits(ctx context.Context, names []string, wanted []units.LimitProperty, rows []listed) (map[string]units.Limits, error) {
	all := make(map[string]units.Limits, len(names))
	loaded := func(unit string) bool {
		return slices.ContainsFunc(rows, func(r listed) bool { return r.Name == unit && !r.unloaded })
	}
	for some := range slices.Chunk(names, atOnce) {
		if err := n.limitsOf(ctx, some, wanted, loaded, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// limitsOf asks for everything at once.
func (n *conn) limitsOf(ctx context.Context, names []string, wanted []units.LimitProperty, loaded func(unit string) bool, all map[string]units.Limits) (failure error) {
	calls := make([][]*dbus.Call, len(names))
	for i, unit := range names {
		obj := n.bus.Object(systemdName, unitPath(unit))
		if len(wanted) > 1 && !loaded(unit) {
			calls[i] = []*dbus.Call{obj.GoWithContext(ctx, propertiesGetAll, 0, make(chan *dbus.Call, 1), serviceIface)}
			continue
		}
		for _, p := range wanted {
			calls[i] = append(calls[i], obj.GoWithContext(ctx, propertiesGet, 0, make(chan *dbus.Call, 1), serviceIface, p.Name))
		}
	}
	for i, unit := range names {
		of, err := values(calls[i], wanted)
		if err != nil && failure == nil {
			failure = translate(n.heard(ctx, err), "read the limits of "+unit)
		}
		l := unlimited
		for _, p := range wanted {
			if number, ok := of[p.Name].Value().(uint64); ok {
				*p.Of(&l) = number
			}
		}
		all[unit] = l
	}
	return failure
}

// values waits for what limitsOf asks of a unit. What it does not have is absent.
func values(calls []*dbus.Call, wanted []units.LimitProperty) (of map[string]dbus.Variant, failure error) {
	if len(calls) < len(wanted) {
		<-calls[0].Done
		return of, present(calls[0].Store(&of))
	}
	of = map[string]dbus.Variant{}
	for k, p := range wanted {
		v, there, err := value(calls[k])
		if failure == nil {
			failure = err
		}
		if there {
			of[p.Name] = v
		}
	}
	return of, failure
}

// Set sets properties of a unit until the next boot, whether it runs or not.
// The error is units.ErrForbidden where polkit does not have the rule for that.
func (c *Client) Set(ctx context.Context, unit string, settings []units.Setting) error {
	type assignment struct {
		Name  string
		Value dbus.Variant
	}
	var all []assignment
	for _, s := range settings {
		all = append(all, assignment{s.Name, dbus.MakeVariant(s.Value)})
	}
	return c.do(ctx, func(n *conn) error {
		err := n.call(ctx, "SetUnitProperties", unit, true, all).Err
		var de dbus.Error
		if errors.As(err, &de) && de.Name == noSuchUnit {
			return fmt.Errorf("cannot set limits: %w: %s", errNoUnit, unit)
		}
		return translate(err, "set limits of "+unit)
	})
}

// errNoUnit means that systemd knows no unit of a name.
var errNoUnit = errors.New("there is no such unit")

// ServiceText returns a property of a service that is a text, such as Restart or
// Slice.
func (c *Client) ServiceText(ctx context.Context, unit, name string) (text string, err error) {
	err = c.do(ctx, func(n *conn) error {
		return translate(n.property(ctx, unitPath(unit), serviceIface, name, &text), "read "+name+"= of "+unit)
	})
	return text, err
}
