// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kresd-manager/units"
)

// The changes that are asked for, from the moment they wait for their turn until some
// time after their end, for those who wait for them and for those who come later. The
// transition itself knows nothing of it.

// How many changes that have ended are kept, and for how long. The history has what
// became of them afterwards.
const (
	keptChanges = 64
	keptFor     = 15 * time.Minute
)

// changes is safe for concurrent use.
type changes struct {
	mu       sync.Mutex
	queue    []*change // in the order in which they are carried out
	now      *change   // what is in progress, be it asked for or not
	ended    []*change // those that have a number, oldest first
	revision uint64
	moved    chan struct{} // closed when anything has changed; nil while no one waits
}

// change is one of them. Its transition is gone when it has ended, and with it the
// configuration that it was about.
type change struct {
	units.ChangeStatus
	transition *transition
	done       chan struct{} // closed when it has ended
	report     units.Report
}

// newChange is the change that a transition makes.
func newChange(t *transition) *change {
	return &change{
		transition: t, done: make(chan struct{}),
		ChangeStatus: units.ChangeStatus{ID: t.number, State: units.ChangeQueued, Cause: t.Cause, Who: t.Who, Comment: t.Comment, When: t.began},
	}
}

// number has a change take the next number, unless it has one. The caller has locked
// it, and the change must not be in progress but in the loop.
func (m *Manager) number(c *change) {
	if t := c.transition; c.ID == 0 && t.asked {
		t.number = m.past().Reserve()
		c.ID = t.number
	}
}

// touch gives a change the next revision and wakes those who wait. The caller has
// locked it.
func (b *changes) touch(all ...*change) {
	for _, c := range all {
		b.revision++
		c.Revision = b.revision
	}
	if b.moved != nil {
		close(b.moved)
		b.moved = nil
	}
}

// add has a transition wait for its turn.
func (m *Manager) add(t *transition) *change {
	b := &m.changes
	b.mu.Lock()
	defer b.mu.Unlock()
	c := newChange(t)
	t.record = c
	if t.Numbered != nil {
		m.number(c)
	}
	b.queue = append(b.queue, c)
	b.touch(c)
	return c
}

// take begins the change whose turn it is, and returns it; nil if none waits. It is known by
// its number at every moment: who asked for no answer asks for that.
func (b *changes) take() *change {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return nil
	}
	c := b.queue[0]
	b.queue = slices.Delete(b.queue, 0, 1)
	b.start(c)
	return c
}

// withdraw ends a change that still waits, and is false if it does not.
func (b *changes) withdraw(c *change, why error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.queue, c)
	if i < 0 {
		return false
	}
	b.queue = slices.Delete(b.queue, i, i+1)
	b.end(c, units.Report{Cause: c.Cause, When: c.When}, why)
	return true
}

// begin notes that a transition is in progress, unless that was taken from the queue.
func (b *changes) begin(t *transition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.record == nil {
		t.record = newChange(t)
	}
	if b.now != t.record {
		b.start(t.record)
	}
}

// start notes that a change is in progress. The caller has locked it.
func (b *changes) start(c *change) {
	now := time.Now()
	c.State, c.Began = units.ChangeApplying, &now
	b.now = c
	b.touch(append(b.queue, c)...)
}

// finish notes what became of it, and what runs now.
func (b *changes) finish(t *transition, r units.Report, err error, etag string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = nil
	t.record.ETag = etag
	b.end(t.record, r, err)
}

// end notes what became of a change. The caller has locked it.
func (b *changes) end(c *change, r units.Report, err error) {
	now := time.Now()
	c.Ended, c.Cause, c.Err, c.report = &now, r.Cause, err, r
	c.State = units.ChangeApplied
	switch {
	case errors.Is(err, units.ErrCanceled):
		c.State = units.ChangeCanceled
	case err != nil:
		c.State = units.ChangeRefused
	}
	c.Report, c.Concerns = &c.report, r.Error != ""
	if c.transition.asked && c.ID != 0 {
		b.ended = append(b.ended, c)
	}
	c.transition = nil
	b.forget(now)
	b.touch(append(b.queue, c)...)
	close(c.done)
}

// forget drops what ended long ago. The caller has locked it.
func (b *changes) forget(now time.Time) {
	b.ended = slices.DeleteFunc(b.ended, func(c *change) bool { return now.Sub(*c.Ended) > keptFor })
	b.ended = slices.Delete(b.ended, 0, max(0, len(b.ended)-keptChanges))
}

// assign gives what is in progress its number: from here on it leaves traces.
func (m *Manager) assign(s *step) {
	b := &m.changes
	b.mu.Lock()
	defer b.mu.Unlock()
	m.number(s.record)
	b.touch(s.record)
}

// undone notes by which change others were taken back that had been applied.
func (m *Manager) undone(ids []int, by int) {
	if by == 0 || len(ids) == 0 {
		return
	}
	b := &m.changes
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		m.past().Amend(id, func(e *units.Entry) { e.UndoneBy = by })
		for _, c := range b.ended {
			if c.ID == id {
				c.State, c.UndoneBy = units.ChangeUndone, by
				b.touch(c)
			}
		}
	}
}

// tell tells all who listen what happens to what is in progress.
func (m *Manager) tell(ev units.Event) {
	m.changes.note(&ev)
	m.events.tell(ev)
}

// note keeps of an event what belongs to the change in progress, and gives it the
// number of that.
func (b *changes) note(ev *units.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.now
	if c == nil {
		return
	}
	ev.Change = c.ID
	switch ev.Kind {
	case units.EventBegin, units.EventRepair:
		c.Plan, c.Cause = ev.Plan, ev.Cause
		if c.Who != (units.Who{}) {
			ev.Who = &c.Who
		}
	case units.EventRestore:
		c.Restoring = ev.Plan
	case units.EventStep:
		c.Steps = append(c.Steps, units.StepStatus{
			N: ev.Step.N, Kind: ev.Step.Kind, Unit: ev.Step.Unit, Restores: c.Restoring != nil, Began: time.Now(),
		})
	case units.EventDone, units.EventFailed:
		for i, s := range slices.Backward(c.Steps) {
			if s.N == ev.Step.N && !s.Done {
				c.Steps[i].Done, c.Steps[i].Took, c.Steps[i].Error = true, ev.Took, ev.Error
				break
			}
		}
	default:
		return
	}
	b.touch(c)
}

// show is what is told of a change. The caller has locked it.
func (b *changes) show(c *change) units.ChangeStatus {
	st := c.ChangeStatus
	st.Steps = slices.Clone(c.Steps)
	if c.State == units.ChangeQueued {
		st.Position = 1 + slices.Index(b.queue, c)
		if a := b.now; a != nil {
			st.Behind = &units.ChangeAhead{ID: a.ID, Cause: a.Cause, Who: a.Who, Since: *a.Began}
		}
	}
	return st
}

// Changes returns the changes that are in progress, that wait, and that have ended a
// short time ago, in this order. What waits has a number afterwards.
func (m *Manager) Changes() []units.ChangeStatus {
	b := &m.changes
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(time.Now())
	var all []units.ChangeStatus
	if b.now != nil {
		all = append(all, b.show(b.now))
	}
	for _, c := range b.queue {
		m.number(c)
		all = append(all, b.show(c))
	}
	for _, c := range slices.Backward(b.ended) {
		all = append(all, b.show(c))
	}
	return all
}

// inProgress is what is in progress, nil if nothing is, and how many changes wait.
func (b *changes) inProgress() (*units.ChangeStatus, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		return nil, len(b.queue)
	}
	st := b.show(b.now)
	return &st, len(b.queue)
}

// any reports whether a change is in progress, or waits for its turn.
func (b *changes) any() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now != nil || len(b.queue) > 0
}

// AwaitChange returns a change as soon as it has ended or has another revision than
// this; with revision 0 it waits for the end alone. When the context ends it returns
// what is known by then. The history knows what is not kept any more. The error is a
// *[units.NoEntryError].
func (m *Manager) AwaitChange(ctx context.Context, id int, revision uint64) (units.ChangeStatus, error) {
	b := &m.changes
	for {
		b.mu.Lock()
		c := b.find(id)
		if c == nil {
			b.mu.Unlock()
			return m.fromHistory(id)
		}
		st := b.show(c)
		if b.moved == nil {
			b.moved = make(chan struct{})
		}
		moved := b.moved
		b.mu.Unlock()
		if st.State.Ended() || revision != 0 && st.Revision != revision {
			return st, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return st, nil
		}
	}
}

// find is the change with a number, nil if it is not kept. The caller has locked it.
func (b *changes) find(id int) *change {
	is := func(c *change) bool { return c.ID == id }
	if b.now != nil && is(b.now) {
		return b.now
	}
	for _, list := range [][]*change{b.queue, b.ended} {
		if i := slices.IndexFunc(list, is); i >= 0 {
			return list[i]
		}
	}
	return nil
}

// fromHistory is a change that ended long ago.
func (m *Manager) fromHistory(id int) (units.ChangeStatus, error) {
	for _, e := range m.past().Entries() {
		if e.ID != id {
			continue
		}
		st := units.ChangeStatus{
			ID: id, State: units.ChangeApplied, Cause: e.Cause, Who: e.Who, Comment: e.Comment, When: e.When,
			ETag: e.ETag, UndoneBy: e.UndoneBy, Concerns: true,
			Report: &units.Report{Cause: e.Cause, When: e.When, Generation: e.Generation, Diff: e.Diff, Entry: id, ConfirmBy: e.ConfirmBy, Error: e.Error},
		}
		switch {
		case e.Outcome != units.OutcomeApplied:
			st.State = units.ChangeRefused
			if first, _, _ := strings.Cut(e.Error, "\n"); strings.HasSuffix(first, units.ErrCanceled.Error()) {
				st.State = units.ChangeCanceled
			}
		case e.UndoneBy != 0:
			st.State = units.ChangeUndone
		}
		return st, nil
	}
	return units.ChangeStatus{}, &units.NoEntryError{Entry: id, Err: fmt.Errorf("there is no change %d, or nothing is known of it any more; see kresctl history", id)}
}
