// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"fmt"
	"maps"
	"slices"

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

	// unloaded tells that systemd did not have the unit in memory but for this answer.
	unloaded bool
}

// patterns match the names of all our units and of few others: whatever else is
// an instance of a template of ours makes no answer longer. Worker numbers have
// up to four digits (units.MaxWorkers).
func patterns() []string {
	digits := "[1-9]"
	all := []string{units.Canary, units.PolicyLoader, units.CacheGC, units.Component{Name: "[a-z0-9]*"}.Unit()}
	for range 4 {
		all = append(all, units.InstanceUnit(digits))
		digits += "[0-9]"
	}
	return all
}

// Observe takes a snapshot of all our units that systemd has in memory, of the
// target, and of what is in scope. It is one picture: all that is told of a unit
// was true at the same time, and no unit changed its state while the others were
// read. Only where something changes without end it may be a later picture of
// some than of others. It needs no privilege.
//
// Properties are read one by one and many at a time. GetAll would be fewer
// messages, and dearer, because a service has hundreds of properties. One
// snapshot with systemd 262 on 2 cores, time and CPU time of PID 1:
//
//	workers   11 × Get, messages            2 × GetAll, messages
//	      4    4 ms    2 ms    45            6 ms    3 ms     9
//	     16   16 ms    8 ms   177           18 ms   14 ms    33
//	     64   50 ms   30 ms   705           97 ms   54 ms   129
//
// That was without any cgroup controller. With them GetAll also has systemd read
// some twenty files a unit.
//
// A unit that systemd has not in memory is looked up once and no property of it read:
// for each call systemd reads its file and those of all that it names, tells everyone
// who listens of some fifty units, and forgets them.
func (c *Client) Observe(ctx context.Context, scope units.Scope) (units.Live, error) {
	return c.snapshot(ctx, scope, units.Target, controlDir)
}

// snapshot is Observe with another unit for a target, and another directory of
// what was set of units.
func (c *Client) snapshot(ctx context.Context, scope units.Scope, target, control string) (live units.Live, err error) {
	err = c.do(ctx, func(n *conn) error {
		return n.read(ctx, func(ctx context.Context) (err error) {
			all, err := n.picture(ctx, patterns(), append([]string{target}, scope.Units...))
			if err != nil {
				return err
			}
			live = units.Live{Units: all, Target: all[target]}
			delete(all, target)
			if scope.Limits {
				live.Limits, err = n.limits(ctx, limited(live, scope, control))
			}
			return err
		})
	})
	return live, err
}

// ObserveUnit is Observe for one unit, loaded or not.
func (c *Client) ObserveUnit(ctx context.Context, unit string) (o units.Observed, err error) {
	err = c.do(ctx, func(n *conn) error {
		return n.read(ctx, func(ctx context.Context) error {
			all, err := n.picture(ctx, nil, []string{unit})
			if o = all[unit]; err == nil && o.Name == "" {
				err = fmt.Errorf("cannot look up %s: systemd gave no answer", unit)
			}
			return err
		})
	})
	return o, err
}

// pictures is how often it is tried to take one on which nothing moves.
const pictures = 4

// picture reads our units that match patterns and are in memory, and some by name. It
// reads once more those that changed meanwhile or are new.
func (n *conn) picture(ctx context.Context, patterns, names []string) (map[string]units.Observed, error) {
	listed, err := n.list(ctx, patterns, names, nil)
	if err != nil {
		return nil, err
	}
	all := map[string]units.Observed{}
	for try, rows := 1, listed; len(rows) > 0; try++ {
		moved, err := n.readUnits(ctx, rows, all)
		if err != nil {
			return nil, err
		}
		if listed, err = n.list(ctx, patterns, names, listed); err != nil {
			return nil, err
		}
		maps.DeleteFunc(all, func(name string, _ units.Observed) bool { return !has(listed, name) })
		if try == pictures {
			break
		}
		rows = nil
		for _, r := range listed {
			if moved[r.Name] || !r.is(all[r.Name]) {
				rows = append(rows, r)
			}
		}
	}
	for name, o := range all {
		inspect(&o)
		all[name] = o
	}
	return all, nil
}

func has(rows []listed, unit string) bool {
	return slices.ContainsFunc(rows, func(r listed) bool { return r.Name == unit })
}

// list lists our units that match patterns and are in memory, and some by name. Before
// is what it returned last.
func (n *conn) list(ctx context.Context, patterns, names []string, before []listed) ([]listed, error) {
	var rows []listed
	if err := n.call(ctx, "ListUnitsByPatterns", []string{}, slices.Concat(patterns, names)).Store(&rows); err != nil {
		return nil, translate(err, "list units")
	}
	rows = slices.DeleteFunc(rows, func(r listed) bool {
		_, ours := units.RoleOf(r.Name)
		return !ours && !slices.Contains(names, r.Name)
	})
	for _, r := range before {
		if r.unloaded && !has(rows, r.Name) { // and has not been since
			rows = append(rows, r)
		}
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(unit string) bool { return has(rows, unit) })
	if len(missing) == 0 {
		return rows, nil
	}
	more, err := n.lookUp(ctx, missing...)
	for _, r := range more {
		r.unloaded = r.Active == "inactive" && r.JobID == 0
		rows = append(rows, r)
	}
	return rows, err
}

// lookUp lists units by name, loaded or not.
func (n *conn) lookUp(ctx context.Context, names ...string) ([]listed, error) {
	var rows []listed
	if err := n.call(ctx, "ListUnitsByNames", names).Store(&rows); err != nil {
		return nil, translate(err, "look up "+names[0])
	}
	return rows, nil
}

// StockState returns the ActiveState of the stock service, "" if there is none.
func (c *Client) StockState(ctx context.Context) (state string, err error) {
	err = c.do(ctx, func(n *conn) error {
		rows, err := n.lookUp(ctx, units.Stock)
		for _, r := range rows {
			if r.Load != "not-found" {
				state = r.Active
			}
		}
		return err
	})
	return state, err
}
