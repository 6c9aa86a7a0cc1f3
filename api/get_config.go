// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"kresd-manager/internal/config"
)

// pointerOf returns the JSON pointer in the path of a /v1/config request.
func pointerOf(r *http.Request) string { return r.URL.Path[len(configPath):] }

// getConfig sends the addressed part of the configuration as its author wrote
// it. A pointer that leads nowhere is 404, where Knot Resolver's own manager
// answers 200 without a body, which nobody can tell from a mistake; a stored
// null is the JSON text null. Who may
// not change the configuration is not shown secrets.
func (h *handlers) getConfig(w *response, r *http.Request) error {
	p := h.policy()
	doc, etag := p.running.Document, p.running.ETag()
	if !w.rights.includes(configure) {
		doc = p.redacted()
	}
	value, err := valueOf(doc, pointerOf(r))
	if err != nil {
		return err
	}
	cond, err := parsePrecondition(r.Header)
	if err != nil {
		return err
	}
	switch cond.evaluate(etag, true) {
	case failed:
		return preconditionFailed(etag)
	case notModified:
		setETag(w, etag)
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	setETag(w, etag)
	w.send(http.StatusOK, typeJSON, value)
	return nil
}

// valueOf spares the whole document, which is cached as text, a lookup.
func valueOf(doc *config.Document, pointer string) ([]byte, error) {
	if pointer == "" {
		return doc.JSON(), nil
	}
	return doc.Value(pointer)
}

func setETag(w *response, etag string) {
	if etag != "" {
		w.Header()["Etag"] = []string{`"` + etag + `"`}
	}
}
