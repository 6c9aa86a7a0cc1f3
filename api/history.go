// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"

	"kresd-manager/api/wire"
	"kresd-manager/units"
)

// history lists what was changed.
func (h *handlers) history(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	list := h.ctl.History()
	if list.Entries == nil {
		list.Entries = []units.Entry{}
	}
	return sendValue(w, r, list)
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
	answer := wire.HistoryEntry{Entry: e}
	switch {
	case err == nil:
		answer.Document = doc.Redacted().JSON()
	case e.ID == 0:
		return err
	default:
		answer.Missing = err.Error()
	}
	return sendValue(w, r, answer)
}

func entryID(r *http.Request) (int, error) {
	text := variable(r, "id")
	id, err := strconv.Atoi(text)
	if err != nil || id < 1 {
		return 0, malformed("%s is not the number of a change; see /v1/history", printable(text))
	}
	return id, nil
}
