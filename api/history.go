// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
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

// mostCompared bounds how many differences are told.
const mostCompared = 1000

// compareEntries says how the configurations of two changes differ.
func (h *handlers) compareEntries(w *response, r *http.Request) error {
	to, err := entryID(r)
	if err != nil {
		return err
	}
	query, err := readQuery(r.URL.RawQuery)
	from, nerr := strconv.Atoi(query.Get("from"))
	if err != nil || nerr != nil || from < 1 || len(query) != 1 || len(query["from"]) != 1 {
		return malformed("name the other change: /v1/history/%d/diff?from=N; see /v1/history", to)
	}
	giveBack, err := h.plans.take(w, r)
	if err != nil {
		return err
	}
	defer giveBack()
	_, before, err := h.ctl.Entry(from)
	if err != nil {
		return err
	}
	_, after, err := h.ctl.Entry(to)
	if err != nil {
		return err
	}
	return sendJSON(w, wire.Comparison{From: from, To: to, Diff: config.Difference(before, after, mostCompared)}, "")
}
