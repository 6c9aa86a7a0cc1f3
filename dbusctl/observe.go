// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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
// While [Client.Watch] runs, a snapshot reads only what has changed since the last
// one: the others are one list and what the kernel says (memory has the reasons why
// that is the truth).
//
// Properties are read one by one and many at a time. GetAll would be fewer
// messages, and dearer, because a service has hundreds of properties. A worker's
// took systemd 262 on 2 cores 0.9 ms, 15 Gets 0.5 ms; with every cgroup controller
// GetAll also has systemd read some twenty files a unit. One property alone takes
// more than all others: NeedDaemonReload (stale).
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
	err = c.look(ctx, func(n *conn) error {
		return n.read(ctx, func(ctx context.Context) (err error) {
			if scope.Brief {
				live, err = n.brief(ctx, target)
				return err
			}
			all, rows, err := n.picture(ctx, patterns(), append([]string{target}, scope.Units...))
			if err != nil {
				return err
			}
			if err := n.readStale(ctx, all, rows); err != nil {
				return err
			}
			live = units.Live{Units: all, Target: all[target]}
			delete(all, target)
			if !scope.Limits.None() {
				live.Limits, err = n.limits(ctx, limited(live, scope, control), limitsIn(scope.Limits), rows)
			}
			return err
		})
	})
	return live, err
}

// brief is a snapshot of states and jobs alone, which is one question.
func (n *conn) brief(ctx context.Context, target string) (units.Live, error) {
	live := units.Live{Units: map[string]units.Observed{}}
	rows, err := n.loaded(ctx, patterns(), []string{target})
	for _, r := range rows {
		if r.Name == target {
			live.Target = r.observed()
		} else {
			live.Units[r.Name] = r.observed()
		}
	}
	return live, translate(err, "list units")
}

// look calls f with the connection on which systemd tells of changes, or with another
// one if there is none. f does no harm if it is called twice.
func (c *Client) look(ctx context.Context, f func(*conn) error) error {
	if w := c.watch.Load(); w != nil {
		err := f(w.asked)
		if !errors.Is(err, units.ErrUnavailable) || isSilence(err) || ctx.Err() != nil {
			c.learned(ctx, err)
			return err
		}
	}
	return c.do(ctx, f)
}

// listening asks whether systemd tells this connection of changes, and has it do so. The
// answer is waited for by what it returns.
func (n *conn) listening(ctx context.Context) (wait func() error) {
	if n.memory == nil {
		return func() error { return nil }
	}
	call := n.bus.Object(systemdName, systemdPath).GoWithContext(ctx, managerIface+".Subscribe", 0, make(chan *dbus.Call, 1))
	return func() error {
		<-call.Done
		known, err := subscribed(call.Err)
		if err != nil {
			return translate(n.heard(ctx, err), "subscribe to signals of systemd")
		}
		if !known { // and for a while nothing was told
			n.memory.forget()
			n.missed()
		}
		return nil
	}
}

// ObserveUnit is Observe for one unit, loaded or not. It always asks systemd, for all
// but NeedDaemonReload. Of what has no processes, as a target, it tells states and job
// alone, and takes one that systemd does not have in memory for inactive.
func (c *Client) ObserveUnit(ctx context.Context, unit string) (o units.Observed, err error) {
	if !strings.HasSuffix(unit, ".service") {
		return c.state(ctx, unit)
	}
	err = c.do(ctx, func(n *conn) error {
		return n.read(ctx, func(ctx context.Context) error {
			all, _, err := n.picture(ctx, nil, []string{unit})
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
// reads once more those that changed meanwhile or are new. Rows are as they were
// listed last.
func (n *conn) picture(ctx context.Context, patterns, names []string) (all map[string]units.Observed, rows []listed, err error) {
	listening := n.listening(ctx)
	rows, err = n.list(ctx, patterns, names, nil)
	if lerr := listening(); err == nil {
		err = lerr
	}
	if err != nil {
		return nil, nil, err
	}
	all = map[string]units.Observed{}
	recalled := map[string]bool{} // and inspected
	var unread []listed
	for _, r := range rows {
		if o, ok := n.memory.recall(r); ok {
			all[r.Name], recalled[r.Name] = o, true
		} else {
			unread = append(unread, r)
		}
	}
	for try := 1; len(unread) > 0; try++ {
		n.memory.begin(unread)
		moved, err := n.readUnits(ctx, unread, all)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range unread {
			delete(recalled, r.Name)
		}
		if rows, err = n.list(ctx, patterns, names, rows); err != nil {
			return nil, nil, err
		}
		maps.DeleteFunc(all, func(name string, _ units.Observed) bool { return !has(rows, name) })
		if try == pictures {
			break
		}
		unread = nil
		for _, r := range rows {
			if moved[r.Name] || !r.is(all[r.Name]) || recalled[r.Name] && !n.memory.remembers(r.Name) {
				unread = append(unread, r)
			}
		}
	}
	for name, o := range all {
		if !recalled[name] {
			inspect(&o)
			all[name] = o
		}
	}
	return all, rows, nil
}

func has(rows []listed, unit string) bool {
	return slices.ContainsFunc(rows, func(r listed) bool { return r.Name == unit })
}

// list lists our units that match patterns and are in memory, and some by name. Before
// is what it returned last.
func (n *conn) list(ctx context.Context, patterns, names []string, before []listed) ([]listed, error) {
	rows, err := n.loaded(ctx, patterns, names)
	if err != nil {
		return nil, translate(err, "list units")
	}
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

// loaded lists the units that systemd has in memory: those of ours that match patterns, and
// those with one of the names. Nothing is read in for it.
func (n *conn) loaded(ctx context.Context, patterns, names []string) (rows []listed, err error) {
	err = n.call(ctx, "ListUnitsByPatterns", []string{}, slices.Concat(patterns, names)).Store(&rows)
	return slices.DeleteFunc(rows, func(r listed) bool {
		_, ours := units.RoleOf(r.Name)
		return !ours && !slices.Contains(names, r.Name)
	}), err
}

// lookUp lists units by name, loaded or not.
func (n *conn) lookUp(ctx context.Context, names ...string) ([]listed, error) {
	var rows []listed
	if err := n.call(ctx, "ListUnitsByNames", names).Store(&rows); err != nil {
		return nil, translate(err, "look up "+names[0])
	}
	return rows, nil
}

// state is what one question tells of a unit.
func (c *Client) state(ctx context.Context, unit string) (o units.Observed, err error) {
	o = units.Observed{Name: unit, ActiveState: "inactive", SubState: "dead"}
	err = c.do(ctx, func(n *conn) error {
		rows, err := n.loaded(ctx, nil, []string{unit})
		for _, r := range rows {
			o = r.observed()
		}
		return translate(err, "look up "+unit)
	})
	return o, err
}

// ActiveState returns that of a unit. One that systemd does not have in memory is
// inactive: it is not read in.
func (c *Client) ActiveState(ctx context.Context, unit string) (string, error) {
	o, err := c.state(ctx, unit)
	return o.ActiveState, err
}
