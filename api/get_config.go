// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"kresd-manager/internal/config"
)

// pointerOf returns the JSON pointer in the path of a /v1/config request.
func pointerOf(r *http.Request) string { return r.URL.Path[len(configPath):] }

// getConfig sends the addressed part of the configuration as its author wrote
// it. A declared key that no one has set is null, as one that is set to null: there
// is such a thing, and Knot Resolver's own manager answers 200, too. A pointer that
// leads to nothing that there could be is 404, where that one answers 200 without a
// body, which no one can tell from a mistake. Who may not change the configuration
// is not shown secrets.
func (h *handlers) getConfig(w *response, r *http.Request) error {
	p := h.policy()
	doc, etag := p.running.Document, p.running.ETag()
	if !w.rights.includes(configure) {
		doc = p.redacted()
	}
	value, err := valueOf(doc, pointerOf(r))
	if err != nil && doc.Unset(pointerOf(r)) {
		value, err = []byte("null"), nil
	}
	if err != nil {
		return err
	}
	cond, err := parsePrecondition(r.Header)
	if err != nil {
		return err
	}
	vary(w, "Accept")
	format, _ := formatFor(r)
	tag := inFormat(etag, format)
	switch cond.evaluateAs(etag, tag, true) {
	case failed:
		return preconditionFailed(etag)
	case notModified:
		setETag(w, tag)
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	setETag(w, tag)
	return sendFormat(w, r, value)
}

// valueOf spares the whole document, which is cached as text, a lookup.
func valueOf(doc *config.Document, pointer string) ([]byte, error) {
	if pointer == "" {
		return doc.JSON(), nil
	}
	return doc.Value(pointer)
}

// etagField is the name of the field as RFC 9110 section 8.8.3 and Knot Resolver's
// own manager spell it, which scripts look for. package http would spell it Etag
// (RFC 9110 section 5.1 allows both), so that the methods of its Header miss it.
const etagField = "ETag"

func setETag(w *response, etag string) {
	if etag != "" {
		w.Header()[etagField] = []string{`"` + etag + `"`}
	}
}
