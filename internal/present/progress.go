// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// redrawEvery is how often the elapsed time moves on.
const redrawEvery = 200 * time.Millisecond

// Progress shows how far a change is to who waits for it. On a terminal that is one line
// that is redrawn, and elsewhere a line for what it waits for and for each step. It is
// safe for concurrent use.
type Progress struct {
	w     *visible.Writer
	began time.Time

	mu    sync.Mutex
	now   *units.ChangeStatus // nil until there is something to show
	known map[string]bool     // lines that were printed
	stop  chan struct{}
	ended chan struct{}
}

// NewProgress returns a Progress of a change that begins now, which shows nothing yet.
func NewProgress(w *visible.Writer) *Progress {
	p := &Progress{w: w, began: time.Now(), known: map[string]bool{}, stop: make(chan struct{}), ended: make(chan struct{})}
	go p.run()
	return p
}

// run moves the elapsed time on.
func (p *Progress) run() {
	defer close(p.ended)
	if !p.w.Terminal() {
		return
	}
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		case <-p.stop:
			return
		}
	}
}

// Show shows what is known of the change by now. The result follows, so that what
// cannot be written is left out.
func (p *Progress) Show(c units.ChangeStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = &c
	if p.w.Terminal() {
		p.draw()
		return
	}
	for _, line := range Steps(c) {
		if !p.known[line] {
			p.known[line] = true
			_, _ = io.WriteString(p.w, line+"\n")
		}
	}
}

// draw shows the line. The caller has locked it.
func (p *Progress) draw() {
	if p.now != nil && !p.now.State.Ended() {
		_ = p.w.Redraw(ProgressLine(*p.now, time.Since(p.began)))
	}
}

// End removes the line. Nothing is shown afterwards.
func (p *Progress) End() {
	close(p.stop)
	<-p.ended
	_ = p.w.Redraw("")
}

// bar is how wide a bar is, in columns.
const bar = 16

// ProgressLine says in one line how far a change is, and for how long it has been going
// on.
func ProgressLine(c units.ChangeStatus, elapsed time.Duration) string {
	what, plan := changeName(c.ID)+", "+clock(elapsed)+": ", c.Plan
	if c.State == units.ChangeQueued {
		return what + waitsFor(c)
	}
	if c.Restoring != nil {
		plan, what = c.Restoring, what+"failed, restoring what ran before "
	}
	if plan == nil || len(plan.Steps) == 0 {
		return what + "looking at what differs"
	}
	done, doing := 0, []string{}
	for _, s := range c.Steps {
		switch {
		case s.Restores != (c.Restoring != nil):
		case s.Done && s.Error == "":
			done++
		case !s.Done:
			doing = append(doing, string(s.Kind)+" "+s.Unit)
		}
	}
	total := len(plan.Steps)
	full := bar * min(done, total) / total
	line := fmt.Sprintf("%s[%s%s] %d/%d", what, strings.Repeat("#", full), strings.Repeat("-", bar-full), done, total)
	if len(doing) > 0 { // last, because it is what may be cut
		line += " " + doing[0]
		if len(doing) > 1 {
			line += fmt.Sprintf(" and %d more", len(doing)-1)
		}
	}
	return line
}

// Steps says what has become of a change so far: what it waits for, or each step that
// has ended, a line each.
func Steps(c units.ChangeStatus) []string {
	if c.State == units.ChangeQueued {
		return []string{changeName(c.ID) + " " + waitsFor(c)}
	}
	var lines []string
	done := map[bool]int{}
	for _, s := range c.Steps {
		if !s.Done {
			continue
		}
		plan, of := c.Plan, ""
		if s.Restores {
			plan, of = c.Restoring, " to restore what ran before"
		}
		if plan == nil {
			continue
		}
		done[s.Restores]++
		end := "done in " + seconds(s.Took)
		if s.Error != "" {
			first, _, _ := strings.Cut(s.Error, "\n")
			end = "FAILED: " + first
		}
		lines = append(lines, visible.Line(fmt.Sprintf("%s: %d of %d steps%s: %s %s: %s",
			changeName(c.ID), done[s.Restores], len(plan.Steps), of, s.Kind, s.Unit, end)))
	}
	return lines
}

// InProgress says in one line what goes on, for whom and since when.
func InProgress(c units.ChangeStatus, now time.Time) string {
	line := visible.Line(fmt.Sprintf("%s (%s, by %s)", changeName(c.ID), c.Cause, c.Who))
	switch {
	case c.State == units.ChangeQueued:
		return line + " " + waitsFor(c)
	case c.Restoring != nil:
		line += " failed, and what ran before is being restored"
	default:
		line += " is in progress"
	}
	if c.Began != nil {
		line += " for " + clock(now.Sub(*c.Began))
	}
	if c.Plan != nil && len(c.Plan.Steps) > 0 {
		done := 0
		for _, s := range c.Steps {
			if s.Done && !s.Restores && s.Error == "" {
				done++
			}
		}
		line += fmt.Sprintf(", %d of %d steps done", done, len(c.Plan.Steps))
	}
	return line
}

// Underway says of a change that was left, what it waits for and how to see it.
func Underway(c units.ChangeStatus) string {
	line := changeName(c.ID) + " goes on"
	if c.State == units.ChangeQueued && c.Behind != nil {
		line = changeName(c.ID) + " " + waitsFor(c)
	}
	return line + fmt.Sprintf("; kresctl status shows it, kresctl cancel %d gives it up\n", c.ID)
}

// GivenUp says what was canceled.
func GivenUp(c units.ChangeStatus) string {
	line := visible.Line(fmt.Sprintf("%s (%s, by %s) is given up; ", changeName(c.ID), c.Cause, c.Who))
	if c.State == units.ChangeQueued {
		return line + "it had not begun\n"
	}
	return line + "what ran before is restored\n"
}

// waitsFor says behind whom a change waits.
func waitsFor(c units.ChangeStatus) string {
	line := "waits for its turn"
	if a := c.Behind; a != nil {
		line = fmt.Sprintf("waits behind %s (%s, by %s, since %s)", changeName(a.ID), a.Cause, a.Who, a.Since.Local().Format(time.TimeOnly))
	}
	if c.Position > 1 { // what may be cut
		line += fmt.Sprintf(", number %d in the queue", c.Position)
	}
	return visible.Line(line)
}

func changeName(id int) string {
	if id == 0 {
		return "a change"
	}
	return fmt.Sprintf("change %d", id)
}

// clock is a time that goes on: 12 s, 3:05 min.
func clock(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	if s < 60 {
		return fmt.Sprintf("%d s", s)
	}
	return fmt.Sprintf("%d:%02d min", s/60, s%60)
}
