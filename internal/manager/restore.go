// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"

	"kresd-manager/internal/carry"
	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// The way back from a transition that failed: what ran before is restored.

// restore makes the live system equal to what ran before the transition. It is a
// plan like any other, from what is live now. The report says what came of it.
func (m *Manager) restore(ctx context.Context, s *step, cause error) {
	err := m.restored(ctx, s, cause)
	if err != nil {
		s.report.RollbackError = err.Error()
		m.log(s).Error("cannot restore what ran before", "generation", s.cur.desired.Generation, "error", err, message.About{Kind: message.ChangeNotRestored}.Attr())
		return
	}
	var step *units.StepError
	if errors.As(cause, &step) {
		step.Restored = true
	}
}

func (m *Manager) restored(ctx context.Context, s *step, cause error) error {
	// First of all nothing may restart into what was refused.
	if s.cur.desired.Generation != "" {
		if err := m.o.Store.LinkAll(s.cur.desired.Generation); err != nil {
			return err
		}
	}
	if s.cur.unknown {
		return errors.New("what ran before is unknown")
	}
	tried := s.next.desired.Limits
	live, err := m.look(context.WithoutCancel(ctx), s.cur.desired, tried)
	if err != nil {
		return err
	}
	if s.serving && !live.Target.Serving() {
		// Whoever stops the target means all of it. The next start reads what ran before.
		m.log(s).Warn("the change has failed, and nothing is started again, because kresd.target was stopped meanwhile")
		return nil
	}
	m.forgive(context.WithoutCancel(ctx), s.cur, live)
	plan := units.Diff(s.cur.desired, live, units.Options{Proven: true, Reset: m.rulesUnsure.Load(), Tolerant: true, Before: tried})
	if plan.Empty() {
		return nil
	}
	s.report.Rollback = &plan
	m.log(s).Warn("restoring what ran before: "+briefly(plan), message.About{Kind: message.ChangeRestoring, Generation: s.cur.desired.Generation}.Attr())
	m.tell(units.Event{Kind: units.EventRestore, Plan: &plan, Generation: s.cur.desired.Generation})
	under, end := m.lasting(ctx)
	defer end()
	err = m.carry(under, plan, s.cur.desired, carry.Mode{Serving: s.serving, Since: s.since, About: s.about("")}, true)
	if failedLoad(cause) && failedLoad(err) {
		// The policy-loader commits all or nothing: what ran before has never ended.
		m.log(s).Error("the rules that were loaded before stay in force, and cannot be loaded again", "error", err)
		return nil
	}
	return err
}

// failedLoad reports whether the policy-loader has refused the rules.
func failedLoad(err error) bool {
	var step *units.StepError
	return errors.As(err, &step) && step.Step.Kind == units.Load && step.Refused
}

// forgive has systemd forget the failure of units that only the refused change
// wanted. It is reported elsewhere.
func (m *Manager) forgive(ctx context.Context, cur *snapshot, live units.Live) {
	for name, o := range live.Units {
		if wanted, _ := cur.desired.Place(name); wanted || o.ActiveState != "failed" {
			continue
		}
		if err := m.o.Systemd.ResetFailed(ctx, name); err != nil {
			m.o.Log.Warn("cannot reset", "unit", name, "error", err)
		}
	}
}
