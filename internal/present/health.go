// SPDX-License-Identifier: Apache-2.0

package present

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// health is the first line of a status: a sign, the state in a word, and what is wrong in
// one sentence.
func health(s units.Status, now time.Time) (sign string, style visible.Style, sentence string) {
	switch s.State {
	case "running":
		return "●", visible.Green, serving(s)
	case "applying":
		return "↻", visible.Yellow, inProgress(s, now)
	case "stopped":
		return "○", visible.Yellow, "DNS is not served; systemctl start " + units.Target + " starts it"
	case "failed":
		return "✗", visible.Red, cmp.Or(s.Down, "the resolver was taken down")
	case "unknown":
		return "?", visible.Yellow, "systemd does not answer; what is below is from " + s.AsOf.In(now.Location()).Format(time.TimeOnly)
	}
	return "▲", visible.Yellow, wrong(s)
}

// serving says how many workers do.
func serving(s units.Status) string {
	n := 0
	for _, u := range s.Units {
		if u.Role == units.RoleWorker && u.Active == "active" && !u.Frozen {
			n++
		}
	}
	switch {
	case n == s.Workers && n == 1:
		return "1 worker serves"
	case n == s.Workers:
		return fmt.Sprintf("%d workers serve", n)
	}
	return fmt.Sprintf("%d of %d workers serve", n, s.Workers)
}

// wrong is what is wrong first, and how much more there is.
func wrong(s units.Status) string {
	var all []string
	for _, u := range s.Units {
		if !u.Current {
			all = append(all, unitWrong(u))
		}
	}
	if len(all) == 0 {
		for _, p := range s.Problems {
			p.Severity = ""
			all = append(all, cmp.Or(p.Message, p.String()))
		}
	}
	text := serving(s)
	switch {
	case len(all) == 0:
		return text
	case len(all) == 1:
		return all[0] + "; " + text
	}
	return fmt.Sprintf("%s, and %d more; %s", all[0], len(all)-1, text)
}

// unitWrong says in which way a unit does not run as it should.
func unitWrong(u units.UnitStatus) string {
	name := shortUnit(u.Unit)
	switch {
	case u.Masked:
		return name + " is masked"
	case u.Frozen:
		return name + " is frozen"
	case u.Active == "failed" && u.Result != "" && u.Result != "success":
		return name + " has failed (" + u.Result + ")"
	case u.Active == "failed":
		return name + " has failed"
	case u.Active == "inactive":
		return name + " is not running"
	case u.Active != "active":
		return fmt.Sprintf("%s is %s", name, u.Active)
	case u.Wanted != "" && u.Config != u.Wanted:
		return name + " runs an older configuration"
	case u.Wanted == "" && u.Role == units.RoleWorker:
		return name + " is not wanted, and runs"
	}
	return name + " does not do what it should"
}

// inProgress says what is going on, by whom, since when, and which step.
func inProgress(s units.Status, now time.Time) string {
	c := s.Change
	if c == nil {
		return "a change is in progress"
	}
	text := c.Cause
	if c.Who != (units.Who{}) {
		text += " by " + c.Who.String()
	}
	since := c.When
	if c.Began != nil {
		since = *c.Began
	}
	text += " for " + period(now.Sub(since))
	if step := stepOf(*c); step != "" {
		text += ": " + step
	}
	if s.Queued > 0 {
		text += fmt.Sprintf(" (%d more wait)", s.Queued)
	}
	return text
}

// stepOf says how far a change has come.
func stepOf(c units.ChangeStatus) string {
	plan, what := c.Plan, ""
	if c.Restoring != nil {
		plan, what = c.Restoring, "restoring what ran before, "
	}
	if plan == nil || plan.Empty() {
		return strings.TrimSuffix(what, ", ")
	}
	done, doing := 0, ""
	for _, st := range c.Steps {
		switch {
		case st.Restores != (c.Restoring != nil):
		case st.Done:
			done++
		case doing == "":
			doing = fmt.Sprintf(", %s %s", st.Kind, shortUnit(st.Unit))
		}
	}
	return fmt.Sprintf("%sstep %d of %d%s", what, min(done+1, len(plan.Steps)), len(plan.Steps), doing)
}

// shortUnit is the name of a unit as people type it.
func shortUnit(unit string) string { return strings.TrimSuffix(unit, ".service") }
