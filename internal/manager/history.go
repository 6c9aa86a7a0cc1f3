// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"kresd-manager/internal/config"
	"kresd-manager/internal/history"
	"kresd-manager/units"
)

// The history, as part of the transition: what the commit remembers, and what a way
// back may go to.

// recall opens the history, and says what it cannot read.
func (m *Manager) recall() {
	m.history.Store(history.Open(m.o.historyDir(), history.Limits{}))
	for _, fault := range m.past().Faults() {
		m.o.Log.Warn("the history is not complete", "fault", fault)
	}
	if err := m.promise.Recall(); err != nil {
		m.o.Log.Error(err.Error())
	}
}

// past is the history. Before Start it is empty.
func (m *Manager) past() *history.Store { return m.history.Load() }

// historyFaults says in words what of the history, and of the promise among it, is
// lost or cannot be kept.
func (m *Manager) historyFaults() []string {
	faults := m.past().Faults()
	if err := m.promise.Fault(); err != nil {
		faults = append(faults, err.Error())
	}
	return faults
}

// remember puts a transition that was applied into the history. One that left the
// configuration as it is has nothing to return to.
func (m *Manager) remember(s *step) {
	r, etag := s.report, s.next.running.ETag()
	if etag == m.past().Applied().ETag && (etag == s.cur.running.ETag() || !m.started) {
		return
	}
	if s.to != nil {
		r.Diff = config.Difference(m.ranBefore(s.cur), s.next.running.Document, 0)
	}
	r.Entry = m.past().Add(units.Entry{
		ID: s.number, When: r.When, Generation: r.Generation, ETag: etag, Who: s.Who, Cause: s.Cause, Comment: s.Comment,
		Outcome: units.OutcomeApplied, Diff: r.Diff, ReturnTo: s.returnTo,
	}, s.next.running.Document)
	s.number = r.Entry
	m.noteHistory()
}

// takenBack lists the changes that a transition takes back.
func (m *Manager) takenBack(s *step) []int {
	if s.undoes == 0 {
		return nil
	}
	var ids []int
	for _, e := range m.past().Entries() {
		if e.Outcome == units.OutcomeApplied && e.UndoneBy == 0 {
			ids = append(ids, e.ID)
		}
		if e.ID == s.undoes {
			return ids
		}
	}
	return nil // it is not in the history any more
}

// wayBack notes how to undo a transition, and whether it is lost at the next reload.
func (m *Manager) wayBack(s *step) {
	r, etag := s.report, s.next.running.ETag()
	r.Unsaved = etag != s.next.fileETag
	if r.Entry == 0 {
		return
	}
	r.Undo, _ = m.lastOther(etag) // 0 if there is nothing to return to
}

// lastOther is the last change that was applied with another configuration than this.
func (m *Manager) lastOther(etag string) (id int, ok bool) {
	for _, e := range m.past().Entries() {
		if e.Outcome == units.OutcomeApplied && e.ETag != etag {
			return e.ID, true
		}
	}
	return 0, false
}

// ranBefore is the configuration that a change begins from. During a start that
// is what was applied last, as far as anyone knows.
func (m *Manager) ranBefore(cur *snapshot) *config.Document {
	if !m.started {
		if _, doc, err := m.past().Get(m.past().Applied().ID); err == nil {
			return doc
		}
	}
	return cur.running.Document
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

// rememberFailed puts one that was not applied into the history.
func (m *Manager) rememberFailed(s *step) {
	r := s.report
	r.Entry = m.past().Add(units.Entry{
		ID: s.number, When: r.When, Generation: r.Plan.Generation, Who: s.Who, Cause: s.Cause, Comment: s.Comment,
		Outcome: units.OutcomeFailed, Error: r.Error, Diff: r.Diff,
	}, nil)
	s.number = r.Entry
	m.noteHistory()
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
	h := units.History{Entries: m.past().Entries(), Waiting: m.promise.Waiting(), Faults: m.historyFaults()}
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
