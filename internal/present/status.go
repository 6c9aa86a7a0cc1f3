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

// StatusOptions say how a status is shown.
type StatusOptions struct {
	// Long has dates, hashes and all files.
	Long bool
	// Colored has styles; it is for a *[visible.Writer].
	Colored bool
}

// Status writes the status of the whole and of each unit. The first line is the health,
// with what is wrong in one sentence.
func Status(w io.Writer, s units.Status, now time.Time, o StatusOptions) error {
	sign, style, sentence := health(s, now)
	if err := line(w, o.Colored, visible.Span{Text: sign + " " + s.State, Style: style}, visible.Span{Text: " · " + visible.Line(sentence) + "\n\n"}); err != nil {
		return err
	}
	table := newColored(w, o.Colored)
	about(table, s, now, o)
	if err := table.Flush(); err != nil || len(s.Units) == 0 {
		return err
	}
	fmt.Fprintln(w)
	head := []string{"UNIT", "STATE", "CONFIG", "PID", "MEMORY", "UP", "CRASHES"}
	if o.Long {
		head = append(head, "SINCE", "HASH", "INVOCATION")
	}
	table.Row(head...)
	for _, u := range s.Units {
		table.styled(unitRow(u, now, o)...)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, line := range hints(s.Units) {
		fmt.Fprintln(w, visible.Line(line))
	}
	return nil
}

// line writes spans, with their styles if these are wanted.
func line(w io.Writer, colored bool, spans ...visible.Span) error {
	if to, may := w.(*visible.Writer); may && colored {
		return to.Print(spans...)
	}
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// about is what there is to say beside the units.
func about(table *Table, s units.Status, now time.Time, o StatusOptions) {
	if r := s.LastApply; r != nil {
		lastApply(table, *r, now, o)
	}
	table.Row("file", cmp.Or(s.File, "none"))
	for _, note := range fileNotes(s) {
		table.styled(visible.Span{}, visible.Span{Text: note, Style: visible.Yellow})
	}
	if o.Long {
		table.Row("generation", cmp.Or(s.Generation, "none"))
		table.Row("etag", cmp.Or(s.ETag, "none"))
	}
	if s.Waiting != nil {
		table.Row("unconfirmed", waits(*s.Waiting, now))
	}
	for _, fault := range s.HistoryFaults {
		table.Row("history", fault)
	}
	for _, w := range s.Warnings {
		table.styled(visible.Span{Text: "warning", Style: visible.Yellow}, visible.Span{Text: w})
	}
	for _, p := range s.Problems {
		style := visible.Red
		if p.Severity == config.SeverityWarning {
			style = visible.Yellow
		}
		table.styled(visible.Span{Text: problemTitle(p), Style: style}, visible.Span{Text: problemLine(p)})
	}
	inputs(table, s.Inputs, o)
	if r := s.LastRepair; r != nil {
		table.Row("last repair", lastRepair(*r, now))
		reasons(table, r.Error)
	}
	if s.Down != "" {
		table.Row("down", s.Down)
	}
}

// inputs are the files that the configuration names: those about which there is
// something to say.
func inputs(table *Table, all []units.InputStatus, o StatusOptions) {
	shown := 0
	for i, in := range all {
		switch {
		case in.State == units.InputCurrent && !o.Long:
		case shown == maxInputs && !o.Long:
			table.Row("reads", fmt.Sprintf("and more of %d files: -l lists them", len(all)-i))
			return
		default:
			shown++
			table.Row("reads", inputLine(in))
		}
	}
}

// unitRow is the row of a unit.
func unitRow(u units.UnitStatus, now time.Time, o StatusOptions) []visible.Span {
	stateStyle, configStyle := visible.Plain, visible.Plain
	switch {
	case u.Active == "failed":
		stateStyle = visible.Red
	case u.Active != "active" || u.Frozen:
		stateStyle = visible.Yellow
	}
	mark := configMark(u)
	if mark == "old" {
		configStyle = visible.Yellow
	}
	row := []visible.Span{{Text: shortUnit(u.Unit)}, {Text: state(u), Style: stateStyle}, {Text: mark, Style: configStyle}, {Text: number(u.PID)}, {Text: megabytes(u.Memory)}}
	up := "-"
	if u.Active == "active" && !u.Since.IsZero() {
		up = period(now.Sub(u.Since))
	}
	row = append(row, visible.Span{Text: up}, visible.Span{Text: strconv.Itoa(u.Restarts)})
	if o.Long {
		row = append(row, visible.Span{Text: moment(u.Since, now)}, visible.Span{Text: cmp.Or(u.Config, "-")}, visible.Span{Text: cmp.Or(u.Invocation, "-")})
	}
	return row
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

// fileNotes say how the file and what runs differ, and what to type.
func fileNotes(s units.Status) []string {
	var notes []string
	if s.FileFault != "" {
		first, _, _ := strings.Cut(s.FileFault, "\n")
		notes = append(notes, "cannot be used as it is now: "+first+"; kresctl validate")
	} else if s.FileEdited() {
		notes = append(notes, "edited, not applied: kresctl diff shows what, kresctl reload applies it")
	}
	switch {
	case s.Undone != 0:
		notes = append(notes, fmt.Sprintf("holds change %d, which was undone because no one confirmed it", s.Undone))
	case s.Unsaved():
		notes = append(notes, "changed over the API, not saved: kresctl config save keeps it")
	}
	return notes
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

// lastApply is the last change, in the daemon's own words where it failed, and what to
// type next.
func lastApply(table *Table, r units.Report, now time.Time, o StatusOptions) {
	what := r.Cause
	if r.Entry != 0 {
		what = fmt.Sprintf("%d, %s", r.Entry, what)
	}
	if r.Who.UID != nil || r.Who.Remote != "" { // else the cause says it
		what += " by " + r.Who.String()
	}
	when := ago(now.Sub(r.When))
	if o.Long {
		when = since(r.When, now)
	}
	what += ", " + when
	if r.Comment != "" {
		what += ": " + r.Comment
	}
	if r.Error == "" {
		steps := fmt.Sprintf("%d steps", len(r.Plan.Steps))
		switch len(r.Plan.Steps) {
		case 0:
			steps = "no process was touched"
		case 1:
			steps = "1 step"
		}
		table.Row("last change", fmt.Sprintf("%s · %s, %s", what, steps, seconds(r.Took)))
		if r.Undo != 0 && !r.Diff.Empty() {
			table.Row("", fmt.Sprintf("undo: kresctl rollback %d", r.Undo))
		}
		return
	}
	table.Row("last change", what)
	first, _, _ := strings.Cut(r.Error, "\n")
	table.styled(visible.Span{}, visible.Span{Text: "FAILED: " + first, Style: visible.Red})
	reasons(table, r.Error)
	switch {
	case r.RollbackError != "":
		table.Row("", "what ran before could not be restored: "+r.RollbackError)
	case r.Cause == "reload":
		table.Row("", "what ran before runs; next: fix the file, then kresctl reload")
	case r.Entry != 0:
		table.Row("", fmt.Sprintf("what ran before runs; next: kresctl history show %d", r.Entry))
	}
}

// state names the sub-state only where it adds something.
func state(u units.UnitStatus) string {
	switch {
	case u.Frozen:
		return u.Active + " (frozen)"
	case u.Masked:
		return u.Active + " (masked)"
	case u.Active == "failed" && u.Result != "" && u.Result != "success":
		return u.Active + " (" + u.Result + ")"
	case u.Active == "active" && (u.Sub == "running" || u.Sub == "exited"), u.Active == u.Sub, u.Sub == "", u.Active == "inactive":
		return u.Active
	}
	return u.Sub
}

// configMark says whether a process runs the configuration that it should.
func configMark(u units.UnitStatus) string {
	switch {
	case u.Active != "active" && u.PID == 0:
		return "-"
	case u.Current, u.Config != "" && u.Config == u.Wanted:
		return "current"
	}
	return "old"
}
