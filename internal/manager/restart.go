// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"strings"

	"kresd-manager/units"
)

// The restart of units that run as they should: a transition to what is in force, so
// that workers leave one at a time and drained, and none before another one serves.

// Restart restarts these units, each a worker, a component or the garbage collector,
// or all workers if there are none. A unit that the configuration does not want, or
// that cannot be restarted, is a [*units.UnitError], and nothing is done. The
// configuration stays what it is, so that the history has it only if it fails.
func (m *Manager) Restart(ctx context.Context, names []string, a units.Again) (units.Report, error) {
	cause := "restart"
	if len(names) > 0 {
		cause += " " + strings.Join(names, ", ")
	}
	// A file that has changed is read by who starts, so that it is proven first.
	t := &transition{Change: again(cause, a), asked: true, restarts: true, restart: names, reading: units.ReadWatched}
	t.Edit = same
	return m.submit(ctx, t)
}

// toRestart are the units that a transition restarts in any case.
func (s *step) toRestart(want units.Desired) ([]string, error) {
	if !s.restarts {
		return nil, nil
	}
	if len(s.restart) == 0 {
		var all []string
		for n := 1; n <= want.Workers; n++ {
			all = append(all, units.Worker(n))
		}
		return all, nil
	}
	for _, unit := range s.restart {
		if unit == units.Manager {
			return nil, &units.UnitError{Unit: unit, Problem: "is restarted with systemctl restart kresd-manager; no worker notices"}
		}
		switch role, _ := units.RoleOf(unit); {
		case role == units.RoleLoader:
			return nil, &units.UnitError{Unit: unit, Problem: "runs only when rules are loaded; to load them again: kresctl renew"}
		case role == units.RoleCanary:
			return nil, &units.UnitError{Unit: unit, Problem: "runs only while a change is tried; it serves no one"}
		}
		if wanted, _ := want.Place(unit); !wanted {
			return nil, &units.UnitError{Unit: unit, Problem: "is not a unit of this resolver; see kresctl units", Unknown: true}
		}
	}
	return s.restart, nil
}

// left refuses a restart that a plan leaves out because the administrator has taken a
// unit out of everybody's hands.
func left(restart []string, plan units.Plan, live units.Live) error {
	for _, unit := range restart {
		if plan.Acts(unit) {
			continue
		}
		if live.Unit(unit).Frozen() {
			return &units.UnitError{Unit: unit, Problem: "is frozen; first systemctl thaw " + unit}
		}
		return &units.UnitError{Unit: unit, Problem: "is masked; first systemctl unmask " + unit}
	}
	return nil
}
