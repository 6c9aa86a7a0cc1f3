// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// What systemd does not see, as part of the transition: looked at with the units,
// told in the status, planned by units like anything else that drifted. What the
// units stand on is no matter of theirs: it is put right before any of them is.

// Reality looks at what systemd does not see; reality.Eye does.
type Reality interface {
	// Look adds to a snapshot what is wrong with units that run.
	Look(ctx context.Context, live *units.Live)
	// Ground says which directories and sockets are not as they must be.
	Ground() []units.Loss
	// Took notes a step that was carried out.
	Took(s units.Step)
}

// blind sees nothing wrong.
type blind struct{}

func (blind) Look(context.Context, *units.Live) {}
func (blind) Ground() []units.Loss              { return nil }
func (blind) Took(units.Step)                   {}

// remake has directories and sockets made anew that are gone. It reports whether
// some still are: then nothing else can be repaired.
func (m *Manager) remake(ctx context.Context) bool {
	lost := m.o.Reality.Ground()
	if len(lost) == 0 {
		m.lost = ""
		return false
	}
	all := make([]string, len(lost))
	for i, l := range lost {
		all[i] = l.Why
	}
	why := strings.Join(all, "; ")
	err := m.o.Remake(ctx, lost)
	if err == nil {
		m.o.Log.Warn("recreating what is gone", "reason", why, message.About{Kind: message.GroundLost}.Attr())
		return len(m.o.Reality.Ground()) > 0 // by systemd, when this manager has ended
	}
	if why != m.lost {
		m.lost = why
		m.o.Log.Error("cannot recreate what is gone; as root: "+m.o.RemakeByHand, "reason", why, "error", err, message.About{Kind: message.GroundLost}.Attr())
	}
	// Over the API no one may be able to ask.
	m.o.Notify("STATUS=degraded: " + why + "; " + m.o.RemakeByHand)
	return true
}

// EndAgain notes that this manager ends to be started again at once, and not
// because anyone wants something else. Call it after Run, in place of End.
func (m *Manager) EndAgain() {
	m.endsAgain = true
	m.End()
}

// seenWrong says what is wrong though systemd has all of it running, what that
// costs, and what comes of it.
func (m *Manager) seenWrong(want units.Desired, live units.Live) (found config.Problems) {
	tell := func(severity, message, cost, hint string) {
		found = append(found, config.Problem{Severity: severity, Message: message + ": " + cost, Hint: hint})
	}
	for _, l := range m.o.Reality.Ground() {
		tell(config.SeverityError, l.Why, l.Cost, m.o.RemakeByHand)
	}
	for _, unit := range want.Units() {
		o, fault := live.Unit(unit), live.Faults[unit]
		if o.Frozen() {
			tell(config.SeverityError, o.AboutFrozen(), live.FrozenCost(unit), o.Thaw())
		}
		switch {
		case o.Masked() && o.Idle():
			tell(config.SeverityWarning, unit+" is masked", "no one can start it, and the others do its work", unmask(unit))
		case o.Masked():
			tell(config.SeverityWarning, unit+" is masked", "it runs, and a change that restarts it fails", unmask(unit))
		}
		if fault.Kind != "" {
			tell(severityOf(fault.Kind), unit+" "+about(unit, fault), fault.Cost, ends(unit, fault.Kind))
		}
	}
	return found
}

// about is what was seen of a unit; of the policy-loader it is a sentence of its
// own.
func about(unit string, f units.Fault) string {
	if unit == units.PolicyLoader {
		return "has run, and " + f.Why
	}
	return f.Why
}

func severityOf(k units.FaultKind) string {
	if k == units.Slow || k == units.Untold {
		return config.SeverityWarning
	}
	return config.SeverityError
}

// ends says what ends a fault.
func ends(unit string, k units.FaultKind) string {
	switch k {
	case units.RulesGone:
		return "the rules are loaded again"
	case units.Mute, units.Astray:
		return "it is restarted, drained"
	case units.Untold:
		return "it is told"
	case units.Slow:
		return "if it stays so: systemctl restart " + unit
	}
	return "" // what it waits for is told
}

func unmask(unit string) string {
	return fmt.Sprintf("systemctl unmask %s; systemctl unmask --runtime %s", unit, unit)
}

// tellWrong logs what a look found, each once.
func (m *Manager) tellWrong(want units.Desired, live units.Live) {
	var told []string
	for _, p := range m.seenWrong(want, live) {
		text := p.String()
		told = append(told, text)
		if !slices.Contains(m.wrong, text) {
			m.o.Log.Warn(text, message.About{Kind: message.UnitFault}.Attr())
		}
	}
	m.wrong = told
}

// frozen names a unit that is frozen, "" if none is. What it is to be told when it
// is thawed is known to this process alone.
func frozen(live units.Live) string {
	for name, o := range live.Units {
		if o.Frozen() {
			return name
		}
	}
	return ""
}
