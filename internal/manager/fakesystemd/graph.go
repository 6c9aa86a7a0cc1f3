// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"slices"
	"strings"

	"kresd-manager/packaging"
	"kresd-manager/units"
)

// relations are what a unit file says of others (systemd.unit(5)).
type relations struct {
	wants, partOf, after, before []string
}

// relationsLocked reads the installed unit file, so that what is known here is
// what systemd knows. Without a file there are none, and known is false.
func (s *Systemd) relationsLocked(name string) (r relations, known bool) {
	if r, known = s.graph[name]; known {
		return r, true
	}
	u, err := packaging.Unit(units.Packaged(name))
	if err != nil {
		return r, false
	}
	for _, o := range u.Options {
		list := map[string]*[]string{"Wants": &r.wants, "Requires": &r.wants, "PartOf": &r.partOf, "After": &r.after, "Before": &r.before}[o.Name]
		if o.Section == "Unit" && list != nil {
			*list = append(*list, strings.Fields(o.Value)...)
		}
	}
	s.graph[name] = r
	return r, true
}

// Want has a unit want another one, as a link in its .wants folder does.
func (s *Systemd) Want(unit, other string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.relationsLocked(unit)
	r.wants = append(slices.Clone(r.wants), other)
	s.graph[unit] = r
}

// followsLocked reports whether a unit is ordered after another one.
func (s *Systemd) followsLocked(unit, other string) bool {
	mine, _ := s.relationsLocked(unit)
	theirs, _ := s.relationsLocked(other)
	return slices.Contains(mine.after, other) || slices.Contains(theirs.before, unit)
}

// partsLocked returns the loaded units that are stopped and restarted with a
// unit, sorted.
func (s *Systemd) partsLocked(unit string) (parts []string) {
	for name := range s.units {
		if r, _ := s.relationsLocked(name); slices.Contains(r.partOf, unit) {
			parts = append(parts, name)
		}
	}
	slices.Sort(parts)
	return parts
}
