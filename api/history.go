// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"kresd-manager/units"
)

// HistoryEntry is the answer to who asks for one change.
type HistoryEntry struct {
	units.Entry
	// Document is the whole configuration that the change made, without secrets;
	// nil if it cannot be had, and then Missing says why.
	Document json.RawMessage `json:"document,omitempty"`
	Missing  string          `json:"missing,omitempty"`
}

// history lists what was changed.
func (h *handlers) history(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	list := h.ctl.History()
	if list.Entries == nil {
		list.Entries = []units.Entry{}
	}
	return sendJSON(w, list, "")
}

// historyEntry shows one change.
func (h *handlers) historyEntry(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	id, err := entryID(r)
	if err != nil {
		return err
	}
	e, doc, err := h.ctl.Entry(id)
	answer := HistoryEntry{Entry: e}
	switch {
	case err == nil:
		answer.Document = doc.Redacted().JSON()
	case e.ID == 0:
		return err
	default:
		answer.Missing = err.Error()
	}
	return sendJSON(w, answer, "")
}

// rollback returns to the configuration of an earlier change, or, if none is
// named, to what ran before the last one.
func (h *handlers) rollback(w *response, r *http.Request) error {
	asked, err := terms(w, r)
	if err != nil {
		return err
	}
	if asked.Match, err = matches(r); err != nil {
		return err
	}
	id := 0
	if mux.Vars(r)["id"] != "" {
		if id, err = entryID(r); err != nil {
			return err
		}
	}
	giveBack, err := h.planning(w, r, asked.DryRun)
	if err != nil {
		return err
	}
	defer giveBack()
	report, err := h.ctl.Rollback(context.WithoutCancel(r.Context()), id, asked)
	if err != nil {
		return &changeError{report, err}
	}
	return h.report(w, r, report, "rolled back")
}

// confirm makes the change that waits for it stay.
func (h *handlers) confirm(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	e, err := h.ctl.Confirm(context.WithoutCancel(r.Context()), whoAsks(w, r))
	if err != nil {
		return err
	}
	if acceptsJSON(r, "application/json") {
		return sendJSON(w, e, "")
	}
	w.send(http.StatusOK, typeText, []byte("Change "+strconv.Itoa(e.ID)+" is confirmed and stays.\n"))
	return nil
}

func entryID(r *http.Request) (int, error) {
	text := mux.Vars(r)["id"]
	id, err := strconv.Atoi(text)
	if err != nil || id < 1 {
		return 0, malformed("%s is not the number of a change; see /v1/history", printable(text))
	}
	return id, nil
}
