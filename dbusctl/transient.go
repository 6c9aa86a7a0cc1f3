// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/godbus/dbus/v5"

	"kresd-manager/internal/unitfile"
	"kresd-manager/units"
)

const (
	unitExists   = systemdName + ".UnitExists"
	fileNotFound = busName + ".Error.FileNotFound"
)

// Transient is a Client for units without files: it gives systemd each unit as
// it is started for the first time. systemd keeps it until it has stopped, and
// restarts it by itself like any other. There is no target either, since that
// cannot be transient: a slice takes its place, in which all units are and
// whose stop stops them all.
type Transient struct {
	*Client
	// Unit returns a unit by its name.
	Unit func(name string) (unitfile.Unit, error)
	// Slice is in place of units.Target.
	Slice string
	// Apart means that the stock service may run beside it, because they share
	// no directory.
	Apart bool

	mu sync.Mutex
	// set is what was set of units, for those that systemd forgets meanwhile.
	set map[string]map[string]uint64
}

// ActiveState is Client.ActiveState; of the stock service "" where it does not matter.
func (t *Transient) ActiveState(ctx context.Context, unit string) (string, error) {
	if t.Apart && unit == units.Stock {
		return "", nil
	}
	return t.Client.ActiveState(ctx, unit)
}

// Start is Client.Start. No one asks polkit, so that a stop comes before it or after it,
// and there is no time to be won by knowing when it is queued.
func (t *Transient) Start(ctx context.Context, unit string, _ units.JobTerms) error {
	return t.define(ctx, "start", unit)
}

// Restart is Client.Restart. See Start.
func (t *Transient) Restart(ctx context.Context, unit string, _ units.JobTerms) error {
	return t.define(ctx, "restart", unit)
}

func (t *Transient) define(ctx context.Context, verb, unit string) error {
	u, err := t.Unit(unit)
	if err != nil {
		return err
	}
	properties, err := u.Properties()
	if err != nil {
		return err
	}
	j := job{unit: unit, verb: verb, define: make([]assignment, len(properties))}
	for i, p := range properties {
		j.define[i] = assignment{p.Name, dbus.MakeVariant(p.Value)}
	}
	t.mu.Lock()
	for name, value := range t.set[unit] {
		j.define = append(j.define, assignment{name, dbus.MakeVariant(value)})
	}
	t.mu.Unlock()
	return t.jobWith(ctx, j)
}

// Set is Client.Set. A unit that is not there yet gets the properties when it is
// started.
func (t *Transient) Set(ctx context.Context, unit string, settings []units.Setting) error {
	if err := t.Client.Set(ctx, unit, settings); err != nil && !errors.Is(err, errNoUnit) {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.set == nil {
		t.set = map[string]map[string]uint64{}
	}
	if t.set[unit] == nil {
		t.set[unit] = map[string]uint64{}
	}
	for _, s := range settings {
		t.set[unit][s.Name] = s.Value
	}
	return nil
}

// ServiceText is Client.ServiceText, and for a unit that is not there yet what it
// will have.
func (t *Transient) ServiceText(ctx context.Context, unit, name string) (string, error) {
	o, err := t.Client.ObserveUnit(ctx, unit)
	if err != nil {
		return "", err
	}
	if o.LoadState != "not-found" {
		return t.Client.ServiceText(ctx, unit, name)
	}
	u, err := t.Unit(unit)
	text := ""
	for _, o := range u.Options {
		if o.Section == "Service" && o.Name == name {
			text = o.Value
		}
	}
	return text, err
}

// QueueStop is Client.QueueStop. The API socket is the manager's own.
func (t *Transient) QueueStop(ctx context.Context, unit string) error {
	switch unit {
	case units.Target:
		unit = t.Slice
	case units.Socket:
		return nil
	}
	return t.Client.QueueStop(ctx, unit)
}

// Observe is Client.Observe. What was set of a unit that is to be started counts
// as its own, and the slice as the target.
func (t *Transient) Observe(ctx context.Context, scope units.Scope) (units.Live, error) {
	live, err := t.snapshot(ctx, scope, t.Slice, "")
	if err != nil {
		return live, err
	}
	live.Target = asTarget(live.Target)
	t.mu.Lock()
	defer t.mu.Unlock()
	for unit, l := range live.Limits {
		if live.Unit(unit).LoadState != "not-found" {
			continue
		}
		for _, p := range units.LimitProperties {
			if value, set := t.set[unit][p.Name]; set {
				*p.Of(&l) = value
			}
		}
		live.Limits[unit] = l
	}
	return live, nil
}

// ObserveUnit is Client.ObserveUnit, with the slice as the target.
func (t *Transient) ObserveUnit(ctx context.Context, unit string) (units.Observed, error) {
	if unit != units.Target {
		return t.Client.ObserveUnit(ctx, unit)
	}
	o, err := t.Client.ObserveUnit(ctx, t.Slice)
	return asTarget(o), err
}

// asTarget is a slice in place of the target. A target stops before its units and
// a slice after them, so a slice that is to stop counts as one that has begun to.
func asTarget(slice units.Observed) units.Observed {
	slice.Name = units.Target
	if slice.JobType == "stop" && slice.ActiveState == "active" {
		slice.ActiveState = "deactivating"
	}
	return slice
}

// CheckAbsent fails if a unit file of ours is installed: systemd would start
// what is in that.
func (t *Transient) CheckAbsent(ctx context.Context, names ...string) error {
	return t.do(ctx, func(n *conn) error {
		for _, name := range names {
			var state string
			err := n.call(ctx, "GetUnitFileState", name).Store(&state)
			var de dbus.Error
			switch {
			case errors.As(err, &de) && de.Name == fileNotFound:
			case err != nil:
				return translate(err, "look up "+name)
			case state != "transient":
				return fmt.Errorf("%s is installed, and systemd would start that and no transient unit: "+
					"start kresd-manager.service, or remove what is installed (make uninstall)", name)
			}
		}
		return nil
	})
}

// assignment is (sv), a property of a transient unit.
type assignment struct {
	Name  string
	Value dbus.Variant
}

// auxiliary is (sa(sv)), a unit that comes with a transient one. There are none.
type auxiliary struct {
	Name       string
	Properties []assignment
}

// startTransient goes on after the call that starts a unit that systemd already
// knows has returned an error or nil. While one asks, the unit may come, with
// another manager, or go, since systemd forgets a transient unit some time after
// it has stopped.
func (n *conn) startTransient(ctx context.Context, j *job, err error) error {
	var de dbus.Error
	for range 3 {
		if !errors.As(err, &de) || de.Name != noSuchUnit {
			return err
		}
		err = n.call(ctx, "StartTransientUnit", j.unit, startMode, j.define, []auxiliary{}).Store(&j.path)
		if !errors.As(err, &de) || de.Name != unitExists {
			return err
		}
		err = n.call(ctx, methods[j.verb], j.unit, modeOf(j.verb)).Store(&j.path)
	}
	return err
}

// UserBus is the address of the bus on which the systemd of this user is.
func UserBus() string {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = "/run/user/" + strconv.Itoa(os.Getuid())
	}
	return "unix:path=" + dbus.EscapeBusAddressValue(filepath.Join(dir, "bus"))
}
