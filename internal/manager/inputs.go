// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/input"
	"kresd-manager/units"
)

// Files that the configuration names, as part of the transition: looked at before a
// plan (plan.go), refused at the gate (refuse.go), and here noted after a step and told
// in the status. What they hold and what was read of them is known to package input,
// what comes of it to units.

// inputsFile is in the manager's runtime directory and, for the next boot, in
// its state directory.
const inputsFile = "inputs.json"

func (m *Manager) inputsPaths() (now, boot string) {
	return filepath.Join(m.o.Store.Root, inputsFile), filepath.Join(m.o.Store.Boot, inputsFile)
}

// took notes what came of a step. The executor calls it.
func (m *Manager) took(s units.Step, err error) {
	if s.Kind == units.Set {
		m.noRule.Store(errors.Is(err, units.ErrForbidden))
	}
	if s.Kind == units.Load {
		m.retries.tried(time.Now())
	}
	var step *units.StepError
	switch {
	case err == nil:
		m.ledger.Done(s)
		m.o.Reality.Took(s)
	case errors.As(err, &step) && step.Refused && !errors.Is(err, units.ErrCanceled):
		m.ledger.Failed(s)
	}
}

// keepInputs writes down what was read, for the next manager and for the next
// boot.
func (m *Manager) keepInputs() {
	now, boot := m.inputsPaths()
	text := m.ledger.Text()
	if err := input.Write(now, text); err != nil {
		m.o.Log.Error("cannot record what was read of the files that the configuration names; the next manager may read them again", "error", err)
	}
	m.later = append(m.later, func() {
		if err := input.Write(boot, text); err != nil {
			m.o.Log.Warn("cannot record for the next boot what was read of the files that the configuration names", "error", err)
		}
	})
}

// recallInputs learns what the last manager had components read.
func (m *Manager) recallInputs() {
	if err := m.ledger.Read(m.inputsPaths()); err != nil {
		m.o.Log.Warn(err.Error())
	}
}

// inputs reports the files that are named, and those whose changes are not
// seen or not in force.
func (m *Manager) inputs(want units.Desired, live units.Live) (all []units.InputStatus, problems config.Problems) {
	warn := func(in units.Input, message, hint string) {
		problems = append(problems, config.Problem{Pointer: in.Pointer, Message: message, Hint: hint, Severity: config.SeverityWarning})
	}
	faults := m.o.Unwatched()
	for _, in := range want.Inputs {
		now := live.Contents[in.Path]
		name := in.Name(units.Content{Note: now.Note})
		s := units.InputStatus{Pointer: in.Pointer, Path: in.Path, Kind: in.Kind, Use: in.Use, Note: now.Note, State: units.InputCurrent, Modified: now.Modified}
		if now.Expires != 0 {
			s.Expires = time.Unix(now.Expires, 0).UTC()
		}
		stale := want.Stale(live, in)
		at := slices.IndexFunc(live.Degraded, func(d units.Degraded) bool { return d.Input.Path == in.Path && d.Input.Use == in.Use })
		switch {
		case at >= 0:
			s.State = units.InputDegraded
			d := live.Degraded[at]
			problems = append(problems, config.Problem{Pointer: in.Pointer, Severity: config.SeverityError,
				Message: fmt.Sprintf("the %s is degraded: %s; %s", name, d.Problem, d.Instead()), Hint: "fix the file; it is then loaded by itself"})
		case now.Hidden != "":
			s.State = units.InputUnknown
			warn(in, fmt.Sprintf("changes of the %s are not seen: %s", name, now.Hidden), "kresctl renew after a change")
		case now.ID == units.Absent:
			s.State = units.InputMissing
		case len(stale) > 0:
			s.State = units.InputChanged
			warn(in, fmt.Sprintf("the %s has changed, and %s read it before", name, units.Several(stale)), "kresctl reload")
		}
		if why := faults[in.Path]; in.Watched && why != "" && now.Hidden == "" {
			warn(in, fmt.Sprintf("changes of the %s are seen within a minute and not at once: %s", name, why), "kresctl reload after a change")
		}
		all = append(all, s)
	}
	return all, problems
}
