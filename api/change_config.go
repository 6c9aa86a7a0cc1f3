// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"unicode/utf8"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/internal/verbatim"
	"kresd-manager/units"
)

// putConfig replaces the addressed value, or creates it, with the body.
func (h *handlers) putConfig(w *response, r *http.Request) error {
	value, text, err := readText(w, r)
	if err != nil {
		return err
	}
	keep, err := h.keepText(r, value, text)
	if err != nil {
		return err
	}
	return h.change(w, r, func(doc *config.Document) (*config.Document, error) {
		return doc.Put(pointerOf(r), value)
	}, keep)
}

// keepTextParameter has the text of a whole configuration kept for the file that had this tag.
const keepTextParameter = "keep-text"

// keepText returns what keeps the text of a request until it is saved, nil if that is not
// asked for.
func (h *handlers) keepText(r *http.Request, value *config.Document, text []byte) (keep func() (undo func()), err error) {
	query, err := readQuery(r.URL.RawQuery)
	if err != nil || !query.Has(keepTextParameter) {
		return nil, err
	}
	base := query.Get(keepTextParameter)
	switch {
	case pointerOf(r) != "":
		return nil, malformed("keep-text is for the whole configuration; nothing was done")
	case !verbatim.IsTag(base):
		return nil, malformed("keep-text is the tag of a file in /v1/files; nothing was done")
	case !utf8.Valid(text):
		return nil, malformed("keep-text is for a text in UTF-8; nothing was done")
	case len(text) > verbatim.Most:
		return nil, malformed("a text of %d bytes is too large to be kept, at most %d are; send it without keep-text; nothing was done", len(text), verbatim.Most)
	}
	return func() func() {
		return h.verbatim.Keep(verbatim.Text{ETag: value.ETag(), Base: base, Text: string(text)})
	}, nil
}

// deleteConfig removes the addressed value. A body means nothing and is not
// looked at, RFC 9110 section 9.3.5.
func (h *handlers) deleteConfig(w *response, r *http.Request) error {
	return h.change(w, r, func(doc *config.Document) (*config.Document, error) {
		return doc.Delete(pointerOf(r))
	}, nil)
}

// patchConfig applies a JSON Patch to the addressed value: that is the target
// resource (RFC 5789 section 2), and pointers in the patch start there. At
// /v1/config this is also what Knot Resolver's own manager does, which ignores
// the rest of the path.
func (h *handlers) patchConfig(w *response, r *http.Request) error {
	if _, err := bodyFormat(r, patchTypes); err != nil {
		return err
	}
	patch, err := readBody(w, r)
	if err != nil {
		return err
	}
	return h.change(w, r, func(doc *config.Document) (*config.Document, error) {
		return patchAt(doc, pointerOf(r), patch)
	}, nil)
}

func patchAt(doc *config.Document, pointer string, patch []byte) (*config.Document, error) {
	if pointer == "" {
		return doc.Patch(patch)
	}
	value, err := doc.Value(pointer)
	if err != nil {
		return nil, err
	}
	part, err := config.Parse(wire.BodyName, value)
	if err != nil {
		return nil, err
	}
	if part, err = part.Patch(patch); err != nil {
		return nil, err
	}
	return doc.Put(pointer, part)
}

// change runs an edit of the running configuration under the preconditions of
// the request and answers. keep keeps what belongs to the change, until undo if there is
// none; nil is nothing.
func (h *handlers) change(w *response, r *http.Request, edit func(*config.Document) (*config.Document, error), keep func() (undo func())) error {
	var besides []string
	if keep != nil {
		besides = append(besides, keepTextParameter)
	}
	asked, err := terms(w, r, besides...)
	if err != nil {
		return err
	}
	cond, err := parseConditions(r.Header)
	if err != nil {
		return err
	}
	giveBack, err := h.planning(w, r, asked.DryRun)
	if err != nil {
		return err
	}
	defer giveBack()
	pointer := pointerOf(r)
	var etag string // of what runs in the end
	wanted := units.Change{
		Cause:  causeOf(r.Method, pointer),
		DryRun: asked.DryRun,
		Match: func(running string) error {
			etag = running
			if cond.wildcard() || cond.evaluate(running, true) == proceed {
				return nil
			}
			return preconditionFailed(running)
		},
		Edit: func(doc *config.Document) (*config.Document, error) {
			if cond.wildcard() { // needs to know whether the value is there
				_, err := valueOf(doc, pointer)
				if cond.evaluate(doc.ETag(), err == nil) != proceed {
					return nil, preconditionFailed(doc.ETag())
				}
			}
			next, err := edit(doc)
			if err == nil && !asked.DryRun {
				etag = next.ETag()
			}
			return next, err
		},
	}
	return h.carry(w, r, asked.Asked, asked.DryRun, func(ctx context.Context, on units.Asked) (units.Report, error) {
		wanted.Asked = on
		if keep == nil || asked.DryRun {
			return h.ctl.Change(ctx, wanted)
		}
		undo := keep() // before: who waits for the end finds it
		report, err := h.ctl.Change(ctx, wanted)
		if err != nil {
			undo()
		}
		return report, err
	}, func(report units.Report) error {
		setETag(w, etag)
		return h.report(w, r, report, "")
	})
}

// causeOf names a change in plans, logs and history.
func causeOf(method, pointer string) string {
	if pointer == "" {
		return method + " of the whole configuration"
	}
	return method + " " + printable(pointer)
}
