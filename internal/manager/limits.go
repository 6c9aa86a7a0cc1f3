// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"

	"kresd-manager/internal/carry"
	"kresd-manager/internal/cgroup"
	"kresd-manager/units"
)

// Limits, as part of the transition: what is not in force of them, and why.

// triedLimits are those of a change that the end of the manager interrupted.
func (m *Manager) triedLimits(a *applying) units.Limits {
	if a == nil {
		return units.Limits{}
	}
	tried, err := m.o.Store.Load(a.To)
	if err != nil {
		return units.Limits{} // it had not begun
	}
	return tried.Limits
}

// unsaid is a property that the unit files of workers do not have as wanted.
type unsaid struct{ key, property, is, want string }

// unsaid lists those, which we cannot change: we write no unit files.
func (m *Manager) unsaid(ctx context.Context, restart, slice string) (all []unsaid, err error) {
	for _, u := range []unsaid{{"restart", "Restart", "", restart}, {"slice", "Slice", "", slice}} {
		if u.want == "" {
			continue
		}
		if u.is, err = m.o.Systemd.ServiceText(ctx, units.Worker(1), u.property); err != nil {
			return nil, err
		}
		if u.is != u.want {
			all = append(all, u)
		}
	}
	return all, nil
}

// warnings say in words what of the configuration is not in force.
func (m *Manager) warnings(ctx context.Context, want units.Desired, live units.Live, plan units.Plan) []string {
	said := notEnforced(want.Limits, live)
	if len(plan.Touches(units.Set)) > 0 && m.noRule.Load() {
		said = append(said, (&carry.LimitsError{Rule: m.o.LimitsRule}).Error())
	}
	left, err := m.unsaid(ctx, want.Restart, want.Slice)
	if err != nil {
		m.o.Log.Debug("cannot tell what the unit files say", "error", err)
	}
	for _, u := range left {
		said = append(said, fmt.Sprintf("%s: the unit files still say %s=%s; what the configuration file says comes with the next boot, or now: systemctl daemon-reload",
			u.key, u.property, u.is))
	}
	return said
}

// notEnforced says in words which limits no one enforces, because the cgroup of
// a worker lacks the controller.
func notEnforced(want units.Limits, live units.Live) []string {
	need := want.Controllers()
	for _, n := range live.RunningWorkers() {
		var said []string
		for _, u := range (cgroup.System{}).Unenforced(live.Unit(units.Worker(n)).CgroupPath, need) {
			said = append(said, u.String())
		}
		if said != nil {
			return said // the others are likewise
		}
	}
	return nil
}
