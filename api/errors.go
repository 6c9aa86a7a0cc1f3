// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// refusal is a request that is refused before the Controller sees it, or by a
// condition that the client set.
type refusal struct {
	status  int
	kind    Kind
	title   string
	message string
}

func (e *refusal) Error() string { return e.message }

// badBody is a request body that cannot be read.
type badBody struct{ err error }

func (e *badBody) Error() string { return e.err.Error() }
func (e *badBody) Unwrap() error { return e.err }

func malformed(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, KindMalformed, "malformed request", fmt.Sprintf(format, args...)}
}

func noSuchRoute(path string) error {
	return &refusal{http.StatusNotFound, KindNoRoute, "not found",
		fmt.Sprintf("there is nothing at %s", printable(path))}
}

func wrongMethod(method, path string, allow []string) error {
	return &refusal{http.StatusMethodNotAllowed, KindMethod, "method not allowed",
		fmt.Sprintf("%s takes %s, not %s", printable(path), strings.Join(allow, ", "), method)}
}

func slowBody() error {
	return &refusal{http.StatusRequestTimeout, KindSlow, "body too slow", "the request body did not come in time; nothing was done"}
}

func nothingToCancel() error {
	return &refusal{http.StatusConflict, KindIdle, "nothing to cancel", "no change is in progress that could be canceled"}
}

func foreignHost(host string) error {
	return &refusal{http.StatusForbidden, KindForeign, "forbidden",
		fmt.Sprintf("%s is not a name of this machine; use localhost as host", printable(host))}
}

func foreignOrigin(origin string) error {
	return &refusal{http.StatusForbidden, KindForeign, "forbidden",
		fmt.Sprintf("requests of pages from %s are refused; see /management/allow-origins", printable(origin))}
}

func noInterface(address string) error {
	return &refusal{http.StatusForbidden, KindDenied, "access denied",
		fmt.Sprintf("%s is not the address in /management/interface", address)}
}

// Answers to who may not do what was asked. They say what would help.

func denied(who string, has access, method, path string, need access) error {
	may := "may do nothing"
	if has != nothing {
		may = fmt.Sprintf("has the role %q only", string(has))
	}
	return &refusal{http.StatusForbidden, KindDenied, "access denied",
		fmt.Sprintf("%s %s needs the role %q in /management/roles, and %s %s", method, printable(path), string(need), who, may)}
}

func tokenNeeded(method, path string) error {
	return &refusal{http.StatusUnauthorized, KindToken, "token needed",
		fmt.Sprintf("%s %s over TCP needs a token; send the header Authorization: Bearer TOKEN (kresctl --token-file)", method, printable(path))}
}

func wrongToken() error {
	return &refusal{http.StatusUnauthorized, KindToken, "wrong token", "no role in /management/roles has the token that was sent"}
}

// slowedDown refuses a token that was not looked at.
type slowedDown struct {
	*refusal
	wait time.Duration
}

func (e *slowedDown) Unwrap() error { return e.refusal }

func guessing(from source) *refusal {
	return &refusal{http.StatusTooManyRequests, KindGuessing, "too many wrong tokens",
		fmt.Sprintf("%s has sent too many wrong tokens, and none of it is looked at for some seconds; check the token, then try again", from)}
}

func noTokens(method, path string, need access) error {
	return &refusal{http.StatusUnauthorized, KindToken, "token needed",
		fmt.Sprintf("%s %s over TCP needs a token, and nobody has one; add to /management/roles: {role: %s, token-file: PATH}, or use the unix socket",
			method, printable(path), need)}
}

func unsupportedType(header, value, accepted string) error {
	return &refusal{http.StatusUnsupportedMediaType, KindType, "unsupported media type",
		fmt.Sprintf("cannot read a body with %s %s; use %s", header, printable(value), accepted)}
}

func preconditionFailed(etag string) error {
	return &refusal{http.StatusPreconditionFailed, KindPrecondition, "precondition failed",
		fmt.Sprintf("the running configuration is not the one the request is meant for; its ETag is %q", etag)}
}

// accepted lists the names of media types for people.
func accepted(types map[string]string) string {
	var names []string
	for _, n := range slices.Sorted(maps.Keys(types)) {
		if n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// printable keeps what a client sent from spoiling a text.
func printable(s string) string {
	if q := strconv.Quote(s); len(q) != len(s)+2 {
		return q
	}
	return s
}

// internalProblem is all that a client learns of an error that nobody
// foresaw; the log has the rest under the reference.
func internalProblem(reference string) *Problem {
	return &Problem{Kind: KindInternal, Title: "internal error", Status: http.StatusInternalServerError,
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
func problemOf(err error) *Problem {
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
	)
	p := &Problem{Message: err.Error()}
	set := func(status int, kind Kind, title string) *Problem {
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
		p.Message = step.Message()
	}
	switch {
	case errors.As(err, &refused):
		return set(refused.status, refused.kind, refused.title)
	case errors.As(err, &tooLarge):
		p.Message = fmt.Sprintf("the request body is larger than %d bytes", tooLarge.Limit)
		return set(http.StatusRequestEntityTooLarge, KindTooLarge, "body too large")
	case errors.As(err, &body):
		return set(http.StatusBadRequest, KindMalformed, "malformed request")
	case errors.Is(err, units.ErrUnavailable):
		return set(http.StatusServiceUnavailable, KindUnavailable, "not available")
	case errors.Is(err, units.ErrForbidden):
		return set(http.StatusServiceUnavailable, KindForbidden, "not permitted")
	case errors.Is(err, units.ErrStopping):
		return set(http.StatusServiceUnavailable, KindStopping, "not available")
	case errors.As(err, &entry):
		return set(http.StatusNotFound, KindNoEntry, "no such change")
	case errors.As(err, &waiting):
		return set(http.StatusConflict, KindWaiting, "another change waits")
	case errors.Is(err, units.ErrNothingWaits):
		return set(http.StatusConflict, KindNotWaiting, "nothing to confirm")
	case errors.Is(err, units.ErrCanceled):
		p.Message = units.ErrCanceled.Error()
		return set(http.StatusConflict, KindCanceled, "canceled")
	case errors.As(err, &worker):
		p.Unit = worker.Unit
		return set(http.StatusUnprocessableEntity, KindRefused, "refused")
	case errors.Is(err, units.ErrNoWorker):
		return set(http.StatusServiceUnavailable, KindNoWorker, "not available")
	case step != nil && step.Refused:
		return set(http.StatusUnprocessableEntity, KindRefused, "configuration refused")
	case step != nil:
		return set(http.StatusInternalServerError, KindStep, "change failed")
	case errors.Is(err, config.ErrTestFailed):
		return set(http.StatusConflict, KindTestFailed, "patch test failed")
	case errors.Is(err, config.ErrNotFound):
		return set(http.StatusNotFound, KindNoValue, "not found")
	case errors.As(err, &pointer):
		return set(http.StatusBadRequest, KindMalformed, "malformed pointer")
	case problems != nil:
		return set(http.StatusBadRequest, KindInvalid, "invalid configuration")
	case errors.As(err, &file), errors.As(err, &errno): // the configuration file, or another, is not usable
		return set(http.StatusInternalServerError, KindSystem, "system error")
	case errors.Is(err, context.DeadlineExceeded):
		return set(http.StatusServiceUnavailable, KindTimeout, "timed out")
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
