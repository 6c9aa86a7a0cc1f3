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

// look takes a snapshot of all that a plan goes by. Limits are read only where
// some are or may have been set, which keeps it cheap for all others.
func (m *Manager) look(ctx context.Context, want units.Desired, before units.Limits) (units.Live, error) {
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

// saysTheUnit refuses what only the unit files can say and do not: we write
// none.
func (m *Manager) saysTheUnit(ctx context.Context, c config.Systemd) error {
	var found config.Problems
	for _, k := range []struct{ key, want, property string }{
		{"restart", c.Restart, "Restart"},
		{"slice", c.Slice, "Slice"},
	} {
		if k.want == "" {
			continue
		}
		is, err := m.o.Systemd.ServiceText(ctx, units.Worker(1), k.property)
		if err != nil {
			return err
		}
		if is == k.want {
			continue
		}
		if m.o.Transient {
			found = append(found, config.Problem{
				Pointer:  "/systemd/" + k.key,
				Severity: config.SeverityError,
				Message:  "it takes unit files that are installed, and there are none",
				Hint:     "leave it out",
			})
			continue
		}
		// The name sorts before that of the canary's own drop-in, which must win.
		found = append(found, config.Problem{
			Pointer:  "/systemd/" + k.key,
			Severity: config.SeverityError,
			Message:  fmt.Sprintf("the unit kresd@.service has %s=%s, and only its files can say otherwise", k.property, is),
			Hint: fmt.Sprintf(`as root: printf '[Service]\n%s=%s\n' | install -D -m 644 /dev/stdin /etc/systemd/system/kresd@.service.d/05-%s.conf; systemctl daemon-reload`,
				k.property, k.want, k.key),
		})
	}
	return found.Errors()
}

// warnings say in words which limits are not in force.
func (m *Manager) warnings(want units.Desired, live units.Live, plan units.Plan) []string {
	said := notEnforced(want.Limits, live)
	if len(plan.Touches(units.Set)) > 0 && m.noRule.Load() {
		said = append(said, (&noLimits{m.o.LimitsRule}).Error())
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
