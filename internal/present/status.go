// SPDX-License-Identifier: Apache-2.0

package present

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// Status writes the status of the whole and of each unit.
func Status(w io.Writer, s units.Status, now time.Time) error {
	table := NewTable(w)
	table.Row("state", s.State)
	table.Row("file", cmp.Or(s.File, "none")+fileNote(s))
	table.Row("generation", cmp.Or(s.Generation, "none"))
	if s.Waiting != nil {
		table.Row("unconfirmed", waits(*s.Waiting, now))
	}
	for _, fault := range s.HistoryFaults {
		table.Row("history", fault)
	}
	for _, w := range s.Warnings {
		table.Row("warning", w)
	}
	for _, p := range s.Problems {
		table.Row(problemTitle(p), problemLine(p))
	}
	for i, in := range s.Inputs {
		if i == maxInputs {
			table.Row("reads", fmt.Sprintf("and %d files more", len(s.Inputs)-i))
			break
		}
		table.Row("reads", inputLine(in))
	}
	if r := s.LastApply; r != nil {
		table.Row("last apply", lastApply(*r, now))
		reasons(table, r.Error)
	}
	if r := s.LastRepair; r != nil {
		table.Row("last repair", lastRepair(*r, now))
		reasons(table, r.Error)
	}
	if s.Down != "" {
		table.Row("down", s.Down)
	}
	if err := table.Flush(); err != nil || len(s.Units) == 0 {
		return err
	}
	fmt.Fprintln(w)
	table.Row("UNIT", "STATE", "CONFIG", "PID", "MEMORY", "SINCE", "RESTARTS")
	for _, u := range s.Units {
		table.Row(u.Unit, state(u), configMark(u), number(u.PID), mebibytes(u.Memory), since(u.Since, now), strconv.Itoa(u.Restarts))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, line := range hints(s.Units) {
		fmt.Fprintln(w, visible.Line(line))
	}
	return nil
}

// maxReasons is how many lines follow the first one of a failure.
const maxReasons = 5

// reasons writes what follows the first line of a failure: the daemon's own words.
func reasons(table *Table, failure string) {
	_, more, _ := strings.Cut(failure, "\n")
	lines := strings.FieldsFunc(more, func(c rune) bool { return c == '\n' })
	for _, line := range lines[:min(len(lines), maxReasons)] {
		table.Row("", strings.TrimSpace(line))
	}
}

// maxInputs is how many of the files that the configuration names are shown.
const maxInputs = 10

func inputLine(in units.InputStatus) string {
	line := in.Kind + " " + in.Path
	if in.Note != "" {
		line += " (" + in.Note + ")"
	}
	switch in.State {
	case units.InputChanged:
		line += ", changed since"
	case units.InputMissing:
		line += ", not there"
	case units.InputUnknown:
		line += ", which kresd-manager cannot see"
	case units.InputDegraded:
		line += ", degraded"
	}
	return line
}

// hints are what an administrator has to do.
func hints(all []units.UnitStatus) []string {
	var said []string
	stale := false
	for _, u := range all {
		stale = stale || u.Stale
	}
	if stale {
		said = append(said, "unit files were edited and are not in force yet: systemctl daemon-reload; kresctl reload --force")
	}
	if len(said) > 0 {
		said = append([]string{""}, said...)
	}
	return said
}

func problemTitle(p config.Problem) string {
	if p.Severity == config.SeverityWarning {
		return "warning"
	}
	return "problem"
}

// problemLine has what to type next at its end.
func problemLine(p config.Problem) string {
	p.Severity = "" // stands before
	return p.String()
}

func fileNote(s units.Status) string {
	switch {
	case s.Undone != 0:
		return fmt.Sprintf(" (what runs differs from it: change %d, which it holds, was not confirmed)", s.Undone)
	case s.FileDiffers:
		return " (what runs differs from it: it was changed since)"
	}
	return ""
}

// lastRepair names what was wrong.
func lastRepair(r units.Report, now time.Time) string {
	var what []string
	for _, s := range r.Plan.Steps {
		what = append(what, s.Unit+" "+s.Cause)
	}
	result := "repaired"
	if len(r.Degraded) > 0 {
		result = "still degraded"
	}
	if r.Error != "" {
		first, _, _ := strings.Cut(r.Error, "\n")
		result = "FAILED: " + first
	}
	return fmt.Sprintf("%s: %s, %s", since(r.When, now), strings.Join(what, ", "), result)
}

func lastApply(r units.Report, now time.Time) string {
	steps := "no step"
	switch n := len(r.Plan.Steps); n {
	case 0:
	case 1:
		steps = "1 step"
	default:
		steps = strconv.Itoa(n) + " steps"
	}
	result := "succeeded"
	if r.Error != "" {
		first, _, _ := strings.Cut(r.Error, "\n")
		result = "FAILED: " + first
	}
	return fmt.Sprintf("%s: %s, %s in %s, %s", since(r.When, now), r.Cause, steps, seconds(r.Took), result)
}

// state names the sub-state only where it adds something.
func state(u units.UnitStatus) string {
	switch {
	case u.Frozen:
		return u.Active + " (frozen)"
	case u.Active == "failed" && u.Result != "" && u.Result != "success":
		return u.Active + " (" + u.Result + ")"
	case u.Active == "active" && u.Sub == "running", u.Active == u.Sub, u.Sub == "", u.Active == "inactive":
		return u.Active
	}
	return u.Active + " (" + u.Sub + ")"
}

// configMark is a check mark, or what runs in place of what should.
func configMark(u units.UnitStatus) string {
	if u.Current {
		return "✓"
	}
	return cmp.Or(u.Config, "-")
}
