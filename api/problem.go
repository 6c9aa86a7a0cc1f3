// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// internalProblem is all that a client learns of an error that no one
// foresaw; the log has the rest under the reference.
func internalProblem(reference string) *wire.Problem {
	return &wire.Problem{Kind: wire.KindInternal, Title: "internal error", Status: http.StatusInternalServerError,
		Message: "the log of kresd-manager says more under the reference " + reference}
}

// fail answers with an error.
func (h *handlers) fail(w *response, r *http.Request, err error) {
	p := problemOf(err)
	if p == nil {
		p = internalProblem(w.reference)
		if r.Context().Err() == nil { // otherwise the client left, which fails many things
			h.log.Error("cannot serve request", "reference", w.reference,
				"method", r.Method, "path", r.URL.Path, "error", err)
		}
	}
	var slowed *slowedDown
	if errors.As(err, &slowed) {
		w.Header().Set("Retry-After", strconv.Itoa(int(slowed.wait/time.Second)+1)) // RFC 6585 section 4
	}
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="kresd-manager"`) // RFC 6750 section 3
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	case http.StatusUnsupportedMediaType:
		if r.Method == http.MethodPatch {
			w.Header().Set("Accept-Patch", "application/json-patch+json") // RFC 5789 section 2.2
		}
	}
	h.answer(w, r, p)
}

// problemOf maps an error to what the client is told, nil if it must not be
// told anything. This is the one place where a status is chosen.
//
// An invalid configuration is 400 and not 422, because scripts written for
// Knot Resolver's own manager test for 400.
func problemOf(err error) *wire.Problem {
	var (
		refused  *refusal
		body     *badBody
		tooLarge *http.MaxBytesError
		problems config.Problems
		pointer  *config.PointerError
		file     *config.FileError
		errno    syscall.Errno
		step     *units.StepError
		failed   *changeError
		worker   *units.WorkerError
		waiting  *units.WaitingError
		entry    *units.NoEntryError
		unit     *units.UnitError
	)
	p := &wire.Problem{Message: err.Error()}
	set := func(status int, kind wire.Kind, title string) *wire.Problem {
		p.Status, p.Kind, p.Title = status, kind, title
		return p
	}
	if errors.As(err, &problems) {
		p.Problems = problems
	}
	if errors.As(err, &failed) {
		p.RollbackError = failed.report.RollbackError
	}
	if errors.As(err, &step) {
		p.Unit, p.Step, p.Log, p.Restored = step.Step.Unit, string(step.Step.Kind), step.Log, &step.Restored
		p.Cause = step.Cause
		p.Message = step.Message()
	}
	switch {
	case errors.As(err, &refused):
		return set(refused.status, refused.kind, refused.title)
	case errors.As(err, &tooLarge):
		p.Message = fmt.Sprintf("the request body is larger than %d bytes", tooLarge.Limit)
		return set(http.StatusRequestEntityTooLarge, wire.KindTooLarge, "body too large")
	case errors.As(err, &body):
		return set(http.StatusBadRequest, wire.KindMalformed, "malformed request")
	case errors.Is(err, units.ErrUnavailable):
		return set(http.StatusServiceUnavailable, wire.KindUnavailable, "not available")
	case errors.Is(err, units.ErrForbidden):
		return set(http.StatusServiceUnavailable, wire.KindForbidden, "not permitted")
	case errors.Is(err, units.ErrStopping):
		return set(http.StatusServiceUnavailable, wire.KindStopping, "not available")
	case errors.Is(err, units.ErrDefect):
		return set(http.StatusServiceUnavailable, wire.KindStopping, "not available")
	case errors.Is(err, units.ErrTargetStopped):
		return set(http.StatusConflict, wire.KindStopped, "stopped meanwhile")
	case errors.As(err, &entry):
		return set(http.StatusNotFound, wire.KindNoEntry, "no such change")
	case errors.As(err, &unit):
		p.Unit = unit.Unit
		if unit.Unknown {
			return set(http.StatusNotFound, wire.KindNoUnit, "no such unit")
		}
		return set(http.StatusConflict, wire.KindNoRestart, "cannot restart")
	case errors.As(err, &waiting):
		return set(http.StatusConflict, wire.KindWaiting, "another change waits")
	case errors.Is(err, units.ErrNothingWaits):
		return set(http.StatusConflict, wire.KindNotWaiting, "nothing to confirm")
	case errors.Is(err, units.ErrCanceled):
		p.Message = units.ErrCanceled.Error()
		return set(http.StatusConflict, wire.KindCanceled, "canceled")
	case errors.As(err, &worker):
		p.Unit = worker.Unit
		return set(http.StatusUnprocessableEntity, wire.KindRefused, "refused")
	case errors.Is(err, units.ErrNoWorker):
		return set(http.StatusServiceUnavailable, wire.KindNoWorker, "not available")
	case step != nil && step.Refused:
		return set(http.StatusUnprocessableEntity, wire.KindRefused, "configuration refused")
	case step != nil:
		return set(http.StatusInternalServerError, wire.KindStep, "change failed")
	case errors.Is(err, config.ErrTestFailed):
		return set(http.StatusConflict, wire.KindTestFailed, "patch test failed")
	case errors.Is(err, config.ErrNotFound):
		return set(http.StatusNotFound, wire.KindNoValue, "not found")
	case errors.As(err, &pointer):
		return set(http.StatusBadRequest, wire.KindMalformed, "malformed pointer")
	case problems != nil:
		return set(http.StatusBadRequest, wire.KindInvalid, "invalid configuration")
	case errors.As(err, &file), errors.As(err, &errno): // the configuration file, or another, is not usable
		return set(http.StatusInternalServerError, wire.KindSystem, "system error")
	case errors.Is(err, context.DeadlineExceeded):
		return set(http.StatusServiceUnavailable, wire.KindTimeout, "timed out")
	}
	return nil
}

// changeError keeps what is known of a failed change beside its error.
type changeError struct {
	report units.Report
	err    error
}

func (e *changeError) Error() string { return e.err.Error() }
func (e *changeError) Unwrap() error { return e.err }
