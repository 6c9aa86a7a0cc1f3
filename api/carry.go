// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"kresd-manager/units"
)

// carry carries out what a request asks for. It goes on when the client leaves. The
// answer comes with the end of it or, if the client prefers that, before: it names the
// change then, whose result is what the answer would have been. do gets the terms, dry
// tells that it is a dry run, and reply answers a success.
func (h *handlers) carry(w *response, r *http.Request, asked units.Asked, dry bool,
	do func(context.Context, units.Asked) (units.Report, error), reply func(units.Report) error,
) error {
	ctx := context.WithoutCancel(r.Context())
	like := prefers(r)
	if dry || !like.async {
		report, err := do(ctx, asked)
		if err != nil {
			return &changeError{report, err}
		}
		return reply(report)
	}
	// Otherwise those who wait are bounded by their connections.
	giveBack, err := h.changes.take(w, r)
	if err != nil {
		return err
	}
	number := make(chan int, 1)
	asked.Numbered = func(id int) { number <- id }
	ended := make(chan result, 1)
	reference := w.reference
	go func() {
		defer giveBack()
		ended <- h.alone(reference, func() (units.Report, error) { return do(ctx, asked) })
	}()
	answer := func(e result) error {
		if e.err != nil {
			return &changeError{e.report, e.err}
		}
		return reply(e.report)
	}
	if like.wait > 0 {
		enough := time.NewTimer(like.wait)
		defer enough.Stop()
		select {
		case e := <-ended:
			return answer(e)
		case <-enough.C:
		case <-h.opt.Ending:
		}
	}
	select {
	case id := <-number:
		return h.accepted(w, r, id)
	default:
	}
	select {
	case id := <-number:
		return h.accepted(w, r, id)
	case e := <-ended:
		return answer(e)
	}
}

// carryAgain is carry for a request without a configuration in its body, whose condition
// is judged with the change. A plan takes a place among those that are made at a time.
func (h *handlers) carryAgain(w *response, r *http.Request, asked units.Again,
	do func(context.Context, units.Again) (units.Report, error), reply func(units.Report) error,
) error {
	giveBack, err := h.planning(w, r, asked.DryRun)
	if err != nil {
		return err
	}
	defer giveBack()
	if asked.Match, err = matches(r); err != nil {
		return err
	}
	return h.carry(w, r, asked.Asked, asked.DryRun, func(ctx context.Context, on units.Asked) (units.Report, error) {
		asked.Asked = on
		return do(ctx, asked)
	}, reply)
}

// result is what came of a change.
type result struct {
	report units.Report
	err    error
}

// alone does something that no request waits for: what goes wrong has no one to be told
// but the log.
func (h *handlers) alone(reference string, do func() (units.Report, error)) (e result) {
	defer func() {
		if v := recover(); v != nil {
			h.log.Error("a request met a defect of kresd-manager", "reference", reference, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			e.err = units.ErrDefect
		}
	}()
	e.report, e.err = do()
	if e.err != nil && problemOf(e.err) == nil {
		h.log.Error("cannot serve request", "reference", reference, "error", e.err)
	}
	return e
}
