// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// listed is one row of ListUnitsByPatterns (org.freedesktop.systemd1(5)).
type listed struct {
	Name, Description, Load, Active, Sub, Following string
	Path                                            dbus.ObjectPath
	JobID                                           uint32
	JobType                                         string
	JobPath                                         dbus.ObjectPath
}

// Observe takes a snapshot of all our units that systemd has in memory, and of
// those that are wanted, which it reads in: one that nobody has started may be
// masked. It needs no privilege. Reading single properties, all requests at once, is some
// ten times as fast as GetAll, which makes systemd compute all accounting.
func (c *Client) Observe(ctx context.Context, wanted ...string) (live units.Live, err error) {
	err = c.do(ctx, func(n *conn) (err error) {
		return n.read(ctx, func() (err error) {
			live, err = n.observe(ctx, wanted)
			return err
		})
	})
	return live, err
}

func (n *conn) observe(ctx context.Context, wanted []string) (units.Live, error) {
	var rows []listed
	if err := n.call(ctx, "ListUnitsByPatterns", []string{}, units.Patterns()).Store(&rows); err != nil {
		return units.Live{}, translate(err, "list units")
	}
	missing := slices.DeleteFunc(slices.Clone(wanted), func(unit string) bool {
		return slices.ContainsFunc(rows, func(r listed) bool { return r.Name == unit })
	})
	if len(missing) > 0 {
		var more []listed
		if err := n.call(ctx, "ListUnitsByNames", missing).Store(&more); err != nil {
			return units.Live{}, translate(err, "look up units")
		}
		rows = append(rows, more...)
	}
	live := units.Live{Units: make(map[string]units.Observed, len(rows))}
	rows = slices.DeleteFunc(rows, func(r listed) bool {
		_, ours := units.RoleOf(r.Name)
		return !ours
	})
	for some := range slices.Chunk(rows, atOnce) {
		if err := n.observeSome(ctx, some, live); err != nil {
			return units.Live{}, err
		}
	}
	return live, nil
}

func (n *conn) observeSome(ctx context.Context, rows []listed, live units.Live) error {
	pending := make([]*request, 0, len(rows))
	for _, r := range rows {
		pending = append(pending, n.request(ctx, r))
	}
	var failure error
	for _, p := range pending {
		o, err := n.settle(ctx, p)
		if err != nil && failure == nil {
			failure = err
		}
		live.Units[o.Name] = o
	}
	return failure
}

// settle returns what was read of a unit, and reads it again if its state
// changed meanwhile: what is read one by one must not be a mix of two states.
func (n *conn) settle(ctx context.Context, r *request) (units.Observed, error) {
	for try := 0; ; try++ {
		o, moved, err := r.collect()
		if err != nil {
			return o, translate(err, "read the state of "+r.row.Name)
		}
		if !moved || try == 3 {
			inspect(&o)
			return o, nil
		}
		row, err := n.lookUp(ctx, r.row.Name)
		if err != nil {
			return o, err
		}
		r = n.request(ctx, row)
	}
}

// ObserveUnit is Observe for one unit, loaded or not.
func (c *Client) ObserveUnit(ctx context.Context, unit string) (o units.Observed, err error) {
	err = c.do(ctx, func(n *conn) (err error) {
		return n.read(ctx, func() (err error) {
			o, err = n.observeUnit(ctx, unit)
			return err
		})
	})
	return o, err
}

func (n *conn) observeUnit(ctx context.Context, unit string) (units.Observed, error) {
	row, err := n.lookUp(ctx, unit)
	if err != nil {
		return units.Observed{}, err
	}
	return n.settle(ctx, n.request(ctx, row))
}

func (n *conn) lookUp(ctx context.Context, unit string) (listed, error) {
	var rows []listed
	if err := n.call(ctx, "ListUnitsByNames", []string{unit}).Store(&rows); err != nil {
		return listed{}, translate(err, "look up "+unit)
	}
	if len(rows) != 1 {
		return listed{}, fmt.Errorf("cannot look up %s: systemd gave %d answers", unit, len(rows))
	}
	return rows[0], nil
}

// property is one value to read and where it goes.
type property struct {
	iface, name string
	set         func(*units.Observed, dbus.Variant)
}

var properties = []property{
	{serviceIface, "StatusText", func(o *units.Observed, v dbus.Variant) { _ = v.Store(&o.StatusText) }},
	{serviceIface, "Result", func(o *units.Observed, v dbus.Variant) { _ = v.Store(&o.Result) }},
	{serviceIface, "ControlGroup", func(o *units.Observed, v dbus.Variant) { _ = v.Store(&o.CgroupPath) }},
	{serviceIface, "MainPID", func(o *units.Observed, v dbus.Variant) {
		if n, ok := v.Value().(uint32); ok {
			o.MainPID = int(n)
		}
	}},
	{serviceIface, "ExecMainStatus", func(o *units.Observed, v dbus.Variant) {
		if n, ok := v.Value().(int32); ok {
			o.ExitStatus = int(n)
		}
	}},
	{serviceIface, "NRestarts", func(o *units.Observed, v dbus.Variant) {
		if n, ok := v.Value().(uint32); ok {
			o.Restarts = int(n)
		}
	}},
	{unitIface, "InvocationID", func(o *units.Observed, v dbus.Variant) {
		if b, ok := v.Value().([]byte); ok {
			o.InvocationID = hex.EncodeToString(b)
		}
	}},
	{serviceIface, "ExecMainStartTimestamp", func(o *units.Observed, v dbus.Variant) {
		if usec, ok := v.Value().(uint64); ok && usec != 0 {
			o.Began = time.UnixMicro(int64(usec))
		}
	}},
	{unitIface, "NeedDaemonReload", func(o *units.Observed, v dbus.Variant) { _ = v.Store(&o.NeedDaemonReload) }},
	{unitIface, "StateChangeTimestamp", func(o *units.Observed, v dbus.Variant) {
		if usec, ok := v.Value().(uint64); ok && usec != 0 {
			o.Since = time.UnixMicro(int64(usec))
		}
	}},
}

// request is the reading of one unit, under way.
type request struct {
	row   listed
	calls []*dbus.Call // in the order of properties; nil for what the unit has not
	sub   *dbus.Call   // the state once more, after all the rest
}

func (n *conn) request(ctx context.Context, row listed) *request {
	r := &request{row: row}
	if row.Load == "not-found" {
		return r
	}
	obj := n.bus.Object(systemdName, row.Path)
	service := strings.HasSuffix(row.Name, ".service")
	for _, p := range properties {
		if p.iface == serviceIface && !service {
			r.calls = append(r.calls, nil)
			continue
		}
		r.calls = append(r.calls, obj.GoWithContext(ctx, propertiesGet, 0, make(chan *dbus.Call, 1), p.iface, p.name))
	}
	r.sub = obj.GoWithContext(ctx, propertiesGet, 0, make(chan *dbus.Call, 1), unitIface, "SubState")
	return r
}

// collect waits for the answers. It reports whether the state is another one by
// now; every active state has substates of its own.
func (r *request) collect() (o units.Observed, moved bool, err error) {
	o = units.Observed{
		Name:        r.row.Name,
		LoadState:   r.row.Load,
		ActiveState: r.row.Active,
		SubState:    r.row.Sub,
		Job:         r.row.JobID,
	}
	for i, call := range r.calls {
		if call == nil {
			continue
		}
		v, there, err := value(call)
		if err != nil {
			return o, false, err
		}
		if there {
			properties[i].set(&o, v)
		}
	}
	if r.sub == nil {
		return o, false, nil
	}
	v, there, err := value(r.sub)
	return o, there && v.Value() != o.SubState, err
}

// value waits for a property, which is not there if the unit was unloaded
// meanwhile.
func value(call *dbus.Call) (v dbus.Variant, there bool, err error) {
	<-call.Done
	err = call.Store(&v)
	var de dbus.Error
	if errors.As(err, &de) && de.Name == busName+".Error.UnknownObject" {
		return v, false, nil
	}
	return v, err == nil, err
}

// StockState returns the ActiveState of the stock service, "" if there is none.
func (c *Client) StockState(ctx context.Context) (string, error) {
	var rows []listed
	if err := c.do(ctx, func(n *conn) error {
		return translate(n.call(ctx, "ListUnitsByNames", []string{units.Stock}).Store(&rows), "look up "+units.Stock)
	}); err != nil {
		return "", err
	}
	for _, r := range rows {
		if r.Load != "not-found" {
			return r.Active, nil
		}
	}
	return "", nil
}
