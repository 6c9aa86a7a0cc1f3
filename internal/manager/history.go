// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/history"
	"kresd-manager/units"
)

// recall opens the history, and tells what it cannot read.
func (m *Manager) recall() {
	dir := m.o.History
	if dir == "" {
		dir = m.o.Store.Boot + "/history"
	}
	m.history.Store(history.Open(dir, history.Limits{}))
	for _, fault := range m.past().Faults() {
		m.o.Log.Warn("the history is not complete", "fault", fault)
	}
	m.recallPromise()
}

// past is the history. Before Start it is empty.
func (m *Manager) past() *history.Store { return m.history.Load() }

// remember puts a change that was applied into the history. One that left the
// configuration as it is has nothing to return to.
func (m *Manager) remember(cur, next *snapshot, c change, r *units.Report) {
	etag := next.running.ETag()
	if etag == m.past().Applied().ETag && (etag == cur.running.ETag() || !m.started) {
		return
	}
	r.Entry = m.past().Add(units.Entry{
		When: r.When, Generation: r.Generation, ETag: etag, Who: c.Who, Cause: c.Cause, Comment: c.Comment,
		Outcome: units.OutcomeApplied, Diff: r.Diff, ReturnTo: c.returnTo,
	}, next.running.Document)
	m.noteHistory()
	m.audit(c, r, "")
}

// ranBefore is the configuration that a change begins from. During a start that
// is what was applied last, as far as anybody knows.
func (m *Manager) ranBefore(cur *snapshot) *config.Document {
	if !m.started {
		if _, doc, err := m.past().Get(m.past().Applied().ID); err == nil {
			return doc
		}
	}
	return cur.running.Document
}

// drops says what a reload loses of what was changed over the API.
func (m *Manager) drops(cur, next *snapshot) string {
	etag := cur.running.ETag()
	if !m.started || etag == cur.fileETag || etag == next.running.ETag() {
		return ""
	}
	back := ""
	if e := m.past().Applied(); e.ETag == etag {
		back = fmt.Sprintf("; kresctl rollback %d brings it back", e.ID)
	}
	return "what was changed since the file was read is dropped where the file does not have it" + back
}

// documentOf returns the configuration that a generation was made from, nil if
// the history does not know.
func (m *Manager) documentOf(generation string) *config.Document {
	for _, e := range m.past().Entries() {
		if e.Outcome == units.OutcomeApplied && e.Generation == generation {
			if _, doc, err := m.past().Get(e.ID); err == nil {
				return doc
			}
		}
	}
	return nil
}

// rememberAdopted puts what ran before this manager started into the history,
// where the last manager did not come to that.
func (m *Manager) rememberAdopted(s *snapshot, r *units.Report) {
	if m.past().Applied().ETag == s.running.ETag() {
		return
	}
	c := change{Change: units.Change{Cause: r.Cause, Asked: units.Asked{Who: units.Who{Via: units.ViaStart}}}}
	r.Diff = config.Difference(m.ranBefore(s), s.running.Document, 0)
	m.remember(s, s, c, r)
}

// rememberFailed does it for a change that was not applied.
func (m *Manager) rememberFailed(c change, r *units.Report) {
	r.Entry = m.past().Add(units.Entry{
		When: r.When, Generation: r.Plan.Generation, Who: c.Who, Cause: c.Cause, Comment: c.Comment,
		Outcome: units.OutcomeFailed, Error: r.Error, Diff: r.Diff,
	}, nil)
	m.noteHistory()
	m.audit(c, r, r.Error)
}

// audit logs who changed what.
func (m *Manager) audit(c change, r *units.Report, failure string) {
	attrs := []any{"entry", r.Entry, "who", c.Who.String(), "via", c.Who.Via, "cause", c.Cause, "changes", len(r.Diff.Changes) + r.Diff.More}
	if c.Who.Request != "" {
		attrs = append(attrs, "reference", c.Who.Request)
	}
	if c.Comment != "" {
		attrs = append(attrs, "comment", c.Comment)
	}
	if failure != "" {
		attrs = append(attrs, "failed", true)
	}
	m.o.Log.Info("configuration change", attrs...)
}

// noteHistory has what is new written down.
func (m *Manager) noteHistory() {
	select {
	case m.unwritten <- struct{}{}:
	default:
	}
}

// writeHistory writes down what is new, beside the loop: no change waits for the
// disk. Status tells when it cannot. The function that it returns ends that, when
// all is written.
func (m *Manager) writeHistory() (end func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range m.unwritten {
			if err := m.past().Flush(); err != nil {
				m.o.Log.Error("cannot keep the history", "error", err)
			}
		}
	}()
	return func() {
		close(m.unwritten)
		<-ended
	}
}

// History returns what was changed, newest first.
func (m *Manager) History() units.History {
	h := units.History{Entries: m.past().Entries(), Waiting: m.promise.Load().Waiting(), Faults: m.past().Faults()}
	etag := m.Running().ETag()
	for i := range h.Entries {
		e := &h.Entries[i]
		if e.Outcome == units.OutcomeApplied {
			e.Running = e.ETag == etag
			break
		}
	}
	return h
}

// Entry returns one change and the configuration that it made. The error is a
// *[units.NoEntryError]; the entry may be good even then.
func (m *Manager) Entry(id int) (units.Entry, *config.Document, error) {
	e, doc, err := m.past().Get(id)
	if err != nil {
		err = &units.NoEntryError{Entry: id, Err: err}
	}
	e.Running = err == nil && e.ID == m.past().Applied().ID && e.ETag == m.Running().ETag()
	return e, doc, err
}

// Rollback makes the configuration of an earlier change the running one. 0 is
// what ran before the last change.
func (m *Manager) Rollback(ctx context.Context, id int, a units.Again) (units.Report, error) {
	c := change{Change: asked(fmt.Sprintf("rollback to %d", id), a), undo: true}
	c.Edit = func(*config.Document) (*config.Document, error) {
		_, doc, err := m.Entry(id)
		return doc, err
	}
	if id == 0 {
		e, err := m.before()
		if err != nil {
			return units.Report{Cause: "rollback"}, err
		}
		return m.Rollback(ctx, e, a)
	}
	c.returnTo = id
	return m.submit(ctx, c)
}

// before is the last change with another configuration than the running one.
func (m *Manager) before() (int, error) {
	etag := m.Running().ETag()
	for _, e := range m.past().Entries() {
		if e.Outcome == units.OutcomeApplied && e.ETag != etag {
			return e.ID, nil
		}
	}
	return 0, &units.NoEntryError{Err: errors.New("the history has no configuration other than the running one")}
}

// asked is a request that takes no value as a change.
func asked(cause string, a units.Again) units.Change {
	return units.Change{Cause: cause, Match: a.Match, DryRun: a.DryRun, Force: a.Force, Asked: a.Asked}
}

// wallClock is the time as people have it: deadlines of people go on while the
// machine is suspended or down.
func wallClock() time.Time { return time.Now().Round(0) }
