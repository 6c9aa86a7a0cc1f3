// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// atOnce is of how many units everything is asked at once. The bus cuts off who
// waits for more than 128 answers (dbus-daemon(1), max_replies_per_connection).
const atOnce = 8

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
	// Since systemd 259; the highest number is unknown.
	{serviceIface, "OOMKills", func(o *units.Observed, v dbus.Variant) {
		if n, ok := v.Value().(uint64); ok && n != math.MaxUint64 {
			o.OOMKills = &n
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
	// Since systemd 246.
	{unitIface, "FreezerState", func(o *units.Observed, v dbus.Variant) { _ = v.Store(&o.FreezerState) }},
	{unitIface, changedAt, func(o *units.Observed, v dbus.Variant) {
		if usec, ok := v.Value().(uint64); ok && usec != 0 {
			o.Since = time.UnixMicro(int64(usec))
		}
	}},
}

// changedAt is set whenever the state of a unit changes.
const changedAt = "StateChangeTimestamp"

// is reports whether a unit was observed in the state in which it is listed.
func (r listed) is(o units.Observed) bool {
	return o.Name == r.Name && o.LoadState == r.Load && o.ActiveState == r.Active && o.SubState == r.Sub && o.Job == r.JobID && o.JobType == r.JobType
}

// observed is what a row tells.
func (r listed) observed() units.Observed {
	return units.Observed{Name: r.Name, LoadState: r.Load, ActiveState: r.Active, SubState: r.Sub, Job: r.JobID, JobType: r.JobType}
}

// readUnits reads the properties of units, and returns those whose state changed
// meanwhile.
func (n *conn) readUnits(ctx context.Context, rows []listed, all map[string]units.Observed) (moved map[string]bool, failure error) {
	moved = map[string]bool{}
	for some := range slices.Chunk(rows, atOnce) {
		pending := make([]*request, len(some))
		for i, r := range some {
			pending[i] = n.request(ctx, r)
		}
		for _, r := range pending {
			o, changed, err := r.collect()
			if err != nil && failure == nil {
				failure = translate(n.heard(ctx, err), "read the state of "+r.row.Name)
			}
			o.Ended = n.memory.ended(o.Name) // what came before NRestarts did was told before
			all[o.Name] = o
			if moved[o.Name] = changed; !changed && err == nil && r.since != nil {
				n.memory.keep(o)
			}
		}
		if failure != nil {
			return nil, failure
		}
	}
	return moved, nil
}

// request is the reading of one unit, under way.
type request struct {
	row   listed
	since *dbus.Call   // changedAt, before all the rest; it comes last of properties, too
	sub   *dbus.Call   // the state once more
	calls []*dbus.Call // in the order of properties; nil for what the unit has not
}

// get asks for a property.
func (n *conn) get(ctx context.Context, path dbus.ObjectPath, iface, name string) *dbus.Call {
	return n.bus.Object(systemdName, path).GoWithContext(ctx, propertiesGet, 0, make(chan *dbus.Call, 1), iface, name)
}

func (n *conn) request(ctx context.Context, row listed) *request {
	r := &request{row: row}
	if row.Load == "not-found" || row.unloaded {
		return r
	}
	get := func(iface, name string) *dbus.Call { return n.get(ctx, row.Path, iface, name) }
	service := strings.HasSuffix(row.Name, ".service")
	r.since, r.sub = get(unitIface, changedAt), get(unitIface, "SubState")
	for _, p := range properties {
		if p.iface == serviceIface && !service {
			r.calls = append(r.calls, nil)
			continue
		}
		r.calls = append(r.calls, get(p.iface, p.name))
	}
	return r
}

// collect waits for the answers. It reports whether what was read may be a mix of
// two states, or of another one than the listed; every active state has substates
// of its own.
func (r *request) collect() (o units.Observed, moved bool, err error) {
	o = r.row.observed()
	if r.since == nil {
		if r.row.Load == "loaded" && strings.HasSuffix(r.row.Name, ".service") {
			o.Result = "success" // what failed stays in memory
		}
		return o, false, nil
	}
	began, there, err := value(r.since)
	if err != nil {
		return o, false, err
	}
	for i, call := range r.calls {
		if call == nil {
			continue
		}
		v, is, err := value(call)
		if err != nil {
			return o, false, err
		}
		if is {
			properties[i].set(&o, v)
		}
		if properties[i].name == changedAt {
			moved = is != there || is && v.Value() != began.Value()
		}
	}
	v, is, err := value(r.sub)
	return o, moved || is && v.Value() != o.SubState, err
}

// value waits for a property, which is not there if the unit was unloaded
// meanwhile, or systemd is too old to know it.
func value(call *dbus.Call) (v dbus.Variant, there bool, err error) {
	<-call.Done
	err = call.Store(&v)
	return v, err == nil, present(err)
}

// present is the error without that what was asked for is not there.
func present(err error) error {
	var de dbus.Error
	if errors.As(err, &de) && (de.Name == busName+".Error.UnknownObject" || de.Name == busName+".Error.UnknownProperty") {
		return nil
	}
	return err
}
