// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// stale is what is known of NeedDaemonReload, of which no signal tells. systemd finds
// it by looking at every directory in which there may be a drop-in, for some 0.6 ms a
// unit in which it does nothing else; so it is asked again only when something there
// is not as it was, or when it has read units in.
type stale struct {
	count int      // of what was forgotten
	dirs  []string // UnitPath of systemd; nil if not known
	found map[string]listing
	print uint64 // of what was there before units was read
	units map[string]bool
}

func (s *stale) forget() { *s = stale{count: s.count + 1} }

func (s *stale) forgetUnit(unit string) {
	s.count++
	delete(s.units, unit)
}

// readStale adds to a snapshot whose unit files were edited since systemd has read
// them.
func (n *conn) readStale(ctx context.Context, all map[string]units.Observed, rows []listed) error {
	var asked []listed
	for _, r := range rows {
		if _, there := all[r.Name]; there && r.Load != "not-found" && !r.unloaded {
			asked = append(asked, r)
		}
	}
	m := n.memory
	if m == nil {
		_, err := n.askStale(ctx, all, asked)
		return err
	}
	m.mu.Lock()
	known := m.stale
	m.mu.Unlock()
	if known.dirs == nil {
		err := n.property(ctx, systemdPath, managerIface, "UnitPath", &known.dirs)
		var refusal dbus.Error
		if err != nil && !errors.As(err, &refusal) { // what refuses to tell is asked every time
			return translate(err, "read where units are")
		}
	}
	print, found := footprint(known.dirs, known.found, n.clock())
	same := print != 0 && print == known.print
	missing := slices.DeleteFunc(slices.Clone(asked), func(r listed) bool {
		if !same {
			return false
		}
		m.mu.Lock()
		is, ok := m.stale.units[r.Name]
		m.mu.Unlock()
		if ok {
			set(all, r.Name, is)
		}
		return ok
	})
	read, err := n.askStale(ctx, all, missing)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil || !m.trusted || m.stale.count != known.count {
		return err
	}
	m.stale.dirs, m.stale.found = known.dirs, found
	if !same {
		m.stale.print, m.stale.units = print, map[string]bool{}
	}
	maps.Copy(m.stale.units, read)
	return nil
}

// askStale asks systemd, for all units at once as far as the bus lets us.
func (n *conn) askStale(ctx context.Context, all map[string]units.Observed, rows []listed) (read map[string]bool, failure error) {
	read = map[string]bool{}
	for some := range slices.Chunk(rows, 8*atOnce) {
		calls := make([]*dbus.Call, len(some))
		for i, r := range some {
			calls[i] = n.get(ctx, r.Path, unitIface, "NeedDaemonReload")
		}
		for i, r := range some {
			v, there, err := value(calls[i])
			if err != nil && failure == nil {
				failure = translate(n.heard(ctx, err), "read whether the files of "+r.Name+" have changed")
			}
			if is, ok := v.Value().(bool); ok && there {
				read[r.Name] = is
				set(all, r.Name, is)
			}
		}
	}
	return read, failure
}

func set(all map[string]units.Observed, unit string, stale bool) {
	o := all[unit]
	o.NeedDaemonReload = stale
	all[unit] = o
}
