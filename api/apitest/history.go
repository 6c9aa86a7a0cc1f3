// SPDX-License-Identifier: Apache-2.0

package apitest

import (
	"context"
	"errors"
	"fmt"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// past is one change and what it made.
type past struct {
	units.Entry
	doc *config.Document
}

// remember adds a change to the history.
func (c *Controller) remember(asked units.Asked, doc *config.Document, r *units.Report) error {
	c.pastMu.Lock()
	defer c.pastMu.Unlock()
	if asked.ConfirmWithin > 0 && c.waiting != nil {
		return &units.WaitingError{Waiting: *c.waiting}
	}
	if n := len(c.past); n > 0 && c.past[n-1].ETag == doc.ETag() {
		return nil
	}
	r.Entry = len(c.past) + 1
	e := units.Entry{
		ID: r.Entry, When: When, Generation: r.Generation, ETag: doc.ETag(), Who: asked.Who, Cause: r.Cause,
		Comment: asked.Comment, Outcome: units.OutcomeApplied, Diff: r.Diff,
	}
	if asked.ConfirmWithin > 0 {
		by := When.Add(asked.ConfirmWithin)
		c.waiting = &units.Waiting{By: by, Entry: e.ID, ReturnTo: e.ID - 1}
		e.ConfirmBy, e.ReturnTo, r.ConfirmBy = &by, e.ID-1, &by
	}
	c.past = append(c.past, past{e, doc})
	return nil
}

// History implements api.Controller.
func (c *Controller) History() units.History {
	c.pastMu.Lock()
	defer c.pastMu.Unlock()
	h := units.History{Waiting: c.waiting}
	for i := len(c.past) - 1; i >= 0; i-- {
		e := c.past[i].Entry
		e.Running = i == len(c.past)-1
		h.Entries = append(h.Entries, e)
	}
	return h
}

// Entry implements api.Controller.
func (c *Controller) Entry(id int) (units.Entry, *config.Document, error) {
	c.pastMu.Lock()
	defer c.pastMu.Unlock()
	if id < 1 || id > len(c.past) {
		return units.Entry{}, nil, &units.NoEntryError{Entry: id, Err: fmt.Errorf("change %d: it is not in the history", id)}
	}
	p := c.past[id-1]
	p.Running = id == len(c.past)
	return p.Entry, p.doc, nil
}

// Rollback implements api.Controller.
func (c *Controller) Rollback(ctx context.Context, id int, a units.Again) (units.Report, error) {
	if id == 0 {
		if id = len(c.History().Entries) - 1; id == 0 {
			return units.Report{}, &units.NoEntryError{Err: errors.New("the history has no configuration other than the running one")}
		}
	}
	_, doc, err := c.Entry(id)
	if err != nil {
		return units.Report{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.apply(ctx, fmt.Sprintf("rollback to %d", id), doc, a)
}

// Confirm implements api.Controller.
func (c *Controller) Confirm(_ context.Context, who units.Who) (units.Entry, error) {
	c.pastMu.Lock()
	defer c.pastMu.Unlock()
	if c.waiting == nil {
		return units.Entry{}, units.ErrNothingWaits
	}
	e := &c.past[c.waiting.Entry-1].Entry
	now := When
	e.Confirmed, e.ConfirmedBy = &now, &who
	c.waiting = nil
	return *e, nil
}
