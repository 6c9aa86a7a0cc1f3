// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// What is logged of a transition, for people; each message is about the change, so
// that journalctl KRES_CHANGE=17 is all that became of it.

// about is what messages of a transition are about.
func (s *step) about(k message.Kind) message.About {
	return message.About{Kind: k, Change: s.number, Request: s.Who.Request}
}

// log is the logger of a transition.
func (m *Manager) log(s *step) *slog.Logger { return m.o.Log.With(s.about("").Attr()) }

// title names a transition.
func (s *step) title() string {
	if s.number == 0 {
		return s.Cause
	}
	return fmt.Sprintf("change %d (%s)", s.number, s.Cause)
}

// asker says who asks, or what the occasion is.
func (s *step) asker() string {
	w := s.Who
	if w.UID != nil || w.Remote != "" {
		return "by " + w.String()
	}
	switch w.Via {
	case units.ViaSignal:
		return "by SIGHUP"
	case units.ViaStart:
		return "at the start of the manager"
	case units.ViaFiles:
		return "because files have changed"
	case units.ViaTimer:
		return "because no one confirmed in time"
	case units.ViaRepair:
		return "to repair"
	}
	return "by " + w.String()
}

// tellBegun logs that a transition begins, with its plan in few words. Nothing is said
// of one that changes nothing, and of a repair, which has said it unit by unit.
func (m *Manager) tellBegun(s *step) {
	m.o.Log.Debug("plan", "cause", s.Cause, "plan", s.report.Plan.String())
	if s.next == s.cur || s.report.Plan.Empty() && s.next.running.ETag() == s.cur.running.ETag() {
		return
	}
	var more []any
	if s.Comment != "" {
		more = append(more, "comment", s.Comment)
	}
	about := s.about(message.ChangeBegun)
	about.Generation = s.next.desired.Generation
	m.o.Log.Info(fmt.Sprintf("%s begins, %s: %s", s.title(), s.asker(), briefly(s.report.Plan)), append(more, about.Attr())...)
}

// briefly is a plan in few words: "load kres-policy-loader.service; restart
// kresd@1.service, kresd@2.service".
func briefly(p units.Plan) string {
	if p.Empty() {
		return "no unit is touched"
	}
	var parts []string
	for i := 0; i < len(p.Steps); {
		kind := p.Steps[i].Kind
		var names []string
		for ; i < len(p.Steps) && p.Steps[i].Kind == kind; i++ {
			names = append(names, p.Steps[i].Unit)
		}
		parts = append(parts, string(kind)+" "+units.Several(names))
	}
	return strings.Join(parts, "; ")
}

func (s *step) took() time.Duration { return time.Duration(s.report.Took).Round(time.Millisecond) }

// tellApplied logs that a transition is in force.
func (m *Manager) tellApplied(s *step) {
	about := s.about(message.ChangeApplied)
	about.Generation = s.report.Generation
	m.o.Log.Info(fmt.Sprintf("%s is in force after %s, with generation %s", s.title(), s.took(), s.report.Generation), about.Attr())
}

// tellFailed logs that a transition is not in force, and what is.
func (m *Manager) tellFailed(s *step, err error) {
	level, outcome := m.o.Log.Warn, "was refused, and nothing was done"
	var step *units.StepError
	if errors.As(err, &step) {
		switch {
		case step.Restored:
			outcome = "failed, and what ran before runs"
		case s.report.RollbackError != "":
			outcome = "failed, and what ran before could not be restored completely"
		default:
			outcome = "failed"
		}
		if !step.Refused || !step.Restored {
			level = m.o.Log.Error
		}
	}
	about := s.about(message.ChangeFailed)
	about.Generation = s.report.Generation
	level(fmt.Sprintf("%s, %s, %s: %s", s.title(), s.asker(), outcome, s.report.Error), about.Attr())
}

// tellDrift logs that a unit is to be repaired.
func (m *Manager) tellDrift(s units.Step, attempt int) {
	m.tally.drifts.add(s.Unit)
	m.o.Log.Warn(fmt.Sprintf("repairing %s: %s (%s)", s.Unit, s.Kind, s.Cause), "attempt", attempt,
		message.About{Kind: message.Drift, Unit: s.Unit, Step: string(s.Kind)}.Attr())
}

// tellRepaired logs what came of a repair.
func (m *Manager) tellRepaired(s *step, err error) {
	if err != nil {
		m.tally.repairsFailed.Add(1)
		m.o.Log.Error("cannot repair", "error", err, message.About{Kind: message.RepairFailed}.Attr())
		return
	}
	m.tally.repairs.Add(1)
	m.o.Log.Info(fmt.Sprintf("repaired in %s: %s", s.took(), briefly(s.report.Plan)), message.About{Kind: message.Repaired}.Attr())
}
