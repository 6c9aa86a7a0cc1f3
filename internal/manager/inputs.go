// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/input"
	"kresd-manager/internal/watch"
	"kresd-manager/units"
)

// Files that the configuration names, as part of the transition: looked at before
// a plan, noted after a step, refused at the gate, told in the status. What they
// hold and what was read of them is known to package input, what comes of it to
// units.

// inputsFile is in the manager's runtime directory and, for the next boot, in
// its state directory.
const inputsFile = "inputs.json"

func (m *Manager) inputsPaths() (now, boot string) {
	return filepath.Join(m.o.Store.Root, inputsFile), filepath.Join(m.o.Store.Boot, inputsFile)
}

// make renders a configuration and lists the files that it names.
func (m *Manager) make(c *config.Config) generation.Generation {
	gen := generation.Make(c, m.o.Render)
	gen.Desired.Inputs = input.Named(c)
	return gen
}

// look takes a snapshot of units and of the files that are named, for the plan
// that is about to be made. Only the loop uses it.
func (m *Manager) look(ctx context.Context, want units.Desired, before units.Limits) (units.Live, error) {
	live, seen, err := m.observe(ctx, want, before)
	m.seen = seen
	return live, err
}

func (m *Manager) observe(ctx context.Context, want units.Desired, before units.Limits) (units.Live, map[string]input.Seen, error) {
	// First of all the files: what is read later is not older.
	paths := make([]string, len(want.Inputs))
	for i, in := range want.Inputs {
		paths[i] = in.Path
	}
	seen := m.ledger.Eye().Look(ctx, paths)
	live, err := m.observeUnits(ctx, want, before)
	if err != nil {
		return live, seen, err
	}
	m.ledger.Fill(&live, want.Inputs, seen)
	return live, seen, nil
}

// unsettled takes files for unchanged that somebody may still be writing.
func (m *Manager) unsettled(live units.Live) {
	for p, s := range m.seen {
		if age := time.Since(s.Modified); age >= 0 && age < watch.Usual.Writing {
			delete(live.Contents, p)
		}
	}
}

// reading says which files a change has components read again: all of them if
// somebody asks for what the files hold, and none if it is about something else.
func (c *change) reading() units.Reading {
	switch {
	case c.Who.Via == units.ViaFiles:
		return units.ReadWatched
	case c.fromFile && c.asked(), c.renew:
		return units.ReadHidden
	case c.fromFile:
		return units.ReadAll
	}
	return units.ReadNone
}

// asked tells that somebody asks for the change, and waits for what comes of it.
func (c *change) asked() bool {
	switch c.Who.Via {
	case units.ViaStart, units.ViaFiles, units.ViaTimer, units.ViaRepair:
		return false
	}
	return true
}

// named refuses a change that somebody asks for if a file that it names cannot
// be read by who needs it. What was named before must not keep a change of
// something else from being made; a reload is about all. Tokens have rules of
// their own.
func (m *Manager) named(cur *snapshot, doc *config.Document, c change) error {
	if !m.started || !c.asked() || c.renew {
		return nil
	}
	paths := slices.DeleteFunc(slices.Clone(m.namedBy(doc)()), func(p access.Path) bool {
		known := !c.fromFile && cur.files != nil && slices.ContainsFunc(cur.files(), func(old access.Path) bool { return old.Path == p.Path })
		return known || strings.HasPrefix(p.Pointer, "/management/")
	})
	if len(paths) == 0 {
		return nil
	}
	readers, err := m.o.Readers()
	if err != nil {
		return err
	}
	var found config.Problems
	for _, f := range readers.Files(paths) {
		if f.Unsure || f.Severity != config.SeverityError {
			continue
		}
		p := f.Problem
		p.File, p.Line, p.Column, _ = doc.Position(p.Pointer)
		found = append(found, p)
	}
	return found.Errors()
}

// Changed has those processes read watched files again that have read something
// else, because something happened to these files. A failure is logged and shown
// by Status; what ran before runs.
func (m *Manager) Changed(ctx context.Context, paths []string) {
	_ = m.do(ctx, func(ctx context.Context) {
		cur := m.current.Load()
		live, err := m.look(ctx, cur.desired, units.Limits{})
		if err == nil && cur.desired.Generation != "" &&
			units.Diff(cur.desired, live, units.Options{Reading: units.ReadWatched, Reset: m.rulesUnsure.Load(), Tolerant: true}).Empty() {
			return // it is what was read, whatever happened
		}
		if target, err := m.o.Systemd.ObserveUnit(ctx, units.Target); err == nil && target.ActiveState != "active" {
			return // whoever stops the target means all of it, and the next start reads the files
		}
		began := time.Now()
		r, err := m.guarded(ctx, change{Change: units.Change{
			Cause: "changed: " + strings.Join(paths, ", "),
			Asked: units.Asked{Who: units.Who{Via: units.ViaFiles}},
			Edit:  func(d *config.Document) (*config.Document, error) { return d, nil },
		}}, began)
		m.tally.count(r, err)
	})
}

// took notes what came of a step that had a unit read files.
func (m *Manager) took(s units.Step, err error) {
	var step *units.StepError
	switch {
	case err == nil:
		m.ledger.Done(s)
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
		m.o.Log.Error("cannot keep what was read of the files that the configuration names; the next manager may have them read again", "error", err)
	}
	m.later = append(m.later, func() {
		if err := input.Write(boot, text); err != nil {
			m.o.Log.Warn("cannot keep for the next boot what was read of the files that the configuration names", "error", err)
		}
	})
}

// recallInputs learns what the last manager had components read.
func (m *Manager) recallInputs() {
	if err := m.ledger.Read(m.inputsPaths()); err != nil {
		m.o.Log.Warn(err.Error())
	}
}

// inputs tells of the files that are named, and of those whose changes are not
// seen or not in force.
func (m *Manager) inputs(want units.Desired, live units.Live) (all []units.InputStatus, problems config.Problems) {
	warn := func(in units.Input, message, hint string) {
		problems = append(problems, config.Problem{Pointer: in.Pointer, Message: message, Hint: hint, Severity: config.SeverityWarning})
	}
	faults := m.o.Unwatched()
	for _, in := range want.Inputs {
		now := live.Contents[in.Path]
		name := in.Name(units.Content{Note: now.Note})
		s := units.InputStatus{Pointer: in.Pointer, Path: in.Path, Kind: in.Kind, Use: in.Use, Note: now.Note, State: units.InputCurrent}
		stale := want.Stale(live, in)
		switch {
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
