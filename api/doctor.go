// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"time"

	"kresd-manager/internal/doctor"
)

// examinedFor is how long what an examination has found is told again: it runs programs,
// and pages ask again and again.
const examinedFor = 30 * time.Second

// examiner examines the installation for all who ask, one after another.
type examiner struct {
	turn chan struct{} // has a place for who looks
	last doctor.Report
	when time.Time
}

func newExaminer() *examiner { return &examiner{turn: make(chan struct{}, 1)} }

// report is what is known, or what look finds now.
func (e *examiner) report(ctx context.Context, look func(context.Context) doctor.Report) (doctor.Report, error) {
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return doctor.Report{}, ctx.Err()
	}
	defer func() { <-e.turn }()
	if time.Since(e.when) < examinedFor {
		return e.last, nil
	}
	r := look(ctx)
	if err := ctx.Err(); err != nil {
		return r, err // who asked has left, and what was seen is a part
	}
	e.last, e.when = r, time.Now()
	return r, nil
}

// doctor says what is wrong with the installation, as the manager sees it, and how to fix
// it.
func (h *handlers) doctor(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if h.opt.Doctor == nil {
		return noSuchRoute(r.URL.Path)
	}
	found, err := h.examiner.report(r.Context(), h.opt.Doctor)
	if err != nil {
		return err
	}
	return sendJSON(w, found, "")
}
