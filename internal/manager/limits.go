// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"

	"kresd-manager/internal/cgroup"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// observeUnits takes a snapshot of all units that a plan goes by. Limits are read only where
// some are or may have been set, which keeps it cheap for all others.
func (m *Manager) observeUnits(ctx context.Context, want units.Desired, before units.Limits) (units.Live, error) {
	live, err := m.o.Systemd.Observe(ctx, want.Units()...)
	if err != nil || want.Limits.None() && before.None() {
		return live, err
	}
	var workers []string
	for n := 1; n <= want.Workers; n++ {
		workers = append(workers, units.Worker(n))
	}
	for _, n := range live.Workers() {
		if n > want.Workers {
			workers = append(workers, units.Worker(n))
		}
	}
	live.Limits, err = m.o.Systemd.Limits(ctx, workers...)
	return live, err
}

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

// set sets limits of a worker.
func (m *Manager) set(ctx context.Context, s units.Step) error {
	ctx, cancel := context.WithTimeout(ctx, controlDeadline)
	defer cancel()
	err := m.o.Systemd.Set(ctx, s.Unit, s.Set)
	forbidden := errors.Is(err, units.ErrForbidden)
	m.noRule.Store(forbidden)
	if forbidden {
		return &noLimits{m.o.LimitsRule}
	}
	return err
}

// noLimits is polkit's refusal of limits, with what to do about it.
type noLimits struct{ rule string }

func (e *noLimits) Error() string {
	return "polkit does not let kresd-manager set limits of workers; to allow it, put its second rule into force: install -m 644 " +
		e.rule + " /etc/polkit-1/rules.d/"
}

func (e *noLimits) Unwrap() error { return units.ErrForbidden }

// bearable refuses a limit that would have the kernel kill workers that serve.
func bearable(want units.Limits, live units.Live) error {
	if want.MemoryMax == 0 {
		return nil
	}
	var most uint64
	var unit string
	for _, n := range live.RunningWorkers() {
		if o := live.Unit(units.Worker(n)); o.HeldBytes > most {
			most, unit = o.HeldBytes, o.Name
		}
	}
	if most <= want.MemoryMax {
		return nil
	}
	return config.Problems{{
		Pointer:  "/systemd/memory-max",
		Severity: config.SeverityError,
		Message:  fmt.Sprintf("%s has %d MiB that it cannot give back, so the kernel would kill it at once", unit, most>>20),
		Hint:     fmt.Sprintf("more than %dM, or workers that need less", most>>20),
	}}
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

// saysTheUnit refuses what only the unit files can say and never will.
func (m *Manager) saysTheUnit(ctx context.Context, c config.Systemd) error {
	if m.o.Generator {
		return nil // warnings tells until they do
	}
	all, err := m.unsaid(ctx, c.Restart, c.Slice)
	var found config.Problems
	for _, u := range all {
		p := config.Problem{Pointer: "/systemd/" + u.key, Severity: config.SeverityError}
		if m.o.Transient {
			p.Message, p.Hint = "it takes unit files that are installed, and there are none", "leave it out"
		} else {
			p.Message = fmt.Sprintf("the unit kresd@.service has %s=%s, and only its files can say otherwise", u.property, u.is)
			// The name sorts before that of the canary's own drop-in, which must win.
			p.Hint = fmt.Sprintf(`as root: printf '[Service]\n%s=%s\n' | install -D -m 644 /dev/stdin /etc/systemd/system/kresd@.service.d/05-%s.conf; systemctl daemon-reload`,
				u.property, u.want, u.key)
		}
		found = append(found, p)
	}
	if err != nil {
		return err
	}
	return found.Errors()
}

// warnings say in words what of the configuration is not in force.
func (m *Manager) warnings(ctx context.Context, want units.Desired, live units.Live, plan units.Plan) []string {
	said := notEnforced(want.Limits, live)
	if len(plan.Touches(units.Set)) > 0 && m.noRule.Load() {
		said = append(said, (&noLimits{m.o.LimitsRule}).Error())
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

// notEnforced says in words which limits nobody enforces, because the cgroup of
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
