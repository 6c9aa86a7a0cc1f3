// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"context"
	"maps"

	"kresd-manager/units"
)

// unlimited is a unit whose limits no one has set.
var unlimited = units.Limits{
	MemoryMax: units.Unlimited, MemoryHigh: units.Unlimited, TasksMax: units.Unlimited,
	CPUWeight: units.Unlimited, IOWeight: units.Unlimited,
}

// limitsLocked returns the limits of workers, and of all that limits were set for.
func (s *Systemd) limitsLocked(live units.Live) map[string]units.Limits {
	all := maps.Clone(s.limits)
	for name := range live.Units {
		_, worker := units.WorkerNumber(name)
		if _, set := all[name]; worker && !set {
			all[name] = unlimited
		}
	}
	return all
}

// LimitsSet returns the limits of all units that limits were ever set for.
func (s *Systemd) LimitsSet() map[string]units.Limits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.limits)
}

// Set sets properties of a unit.
func (s *Systemd) Set(ctx context.Context, name string, settings []units.Setting) error {
	f, end, err := s.call(ctx, "set", name)
	defer end()
	if err != nil {
		return err
	}
	if f == Fails {
		return context.DeadlineExceeded
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, set := s.limits[name]
	if !set {
		l = unlimited
	}
	for _, p := range units.LimitProperties {
		for _, to := range settings {
			if p.Name == to.Name {
				*p.Of(&l) = to.Value
			}
		}
	}
	s.limits[name] = l
	return nil
}

// ServiceText returns a property of a service.
func (s *Systemd) ServiceText(ctx context.Context, unit, name string) (string, error) {
	_, end, err := s.call(ctx, "service-text", unit)
	defer end()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.texts[name], err
}

// SetText is a drop-in for all services, with one property.
func (s *Systemd) SetText(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[name] = value
}

// Hold has the main process of a unit take memory.
func (s *Systemd) Hold(name string, bytes uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unitLocked(name).o.HeldBytes = bytes
}
