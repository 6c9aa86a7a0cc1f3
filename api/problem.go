// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"kresd-manager/internal/config"
)

// Kind names a class of failure. Its text is stable; programs may test for it.
type Kind string

// Kinds of failure.
const (
	KindMalformed    Kind = "malformed"             // 400
	KindInvalid      Kind = "invalid-configuration" // 400
	KindToken        Kind = "token-needed"          // 401
	KindDenied       Kind = "access-denied"         // 403
	KindForeign      Kind = "foreign"               // 403
	KindNoRoute      Kind = "no-such-route"         // 404
	KindNoValue      Kind = "no-such-value"         // 404
	KindMethod       Kind = "method-not-allowed"    // 405
	KindSlow         Kind = "body-too-slow"         // 408
	KindTestFailed   Kind = "patch-test-failed"     // 409
	KindCanceled     Kind = "canceled"              // 409
	KindIdle         Kind = "nothing-in-progress"   // 409
	KindNoEntry      Kind = "no-such-change"        // 404
	KindNotWaiting   Kind = "nothing-to-confirm"    // 409
	KindWaiting      Kind = "waits-to-be-confirmed" // 409
	KindPrecondition Kind = "precondition-failed"   // 412
	KindTooLarge     Kind = "body-too-large"        // 413
	KindType         Kind = "unsupported-type"      // 415
	KindRefused      Kind = "refused-by-component"  // 422
	KindGuessing     Kind = "too-many-wrong-tokens" // 429
	KindStep         Kind = "step-failed"           // 500
	KindSystem       Kind = "system-error"          // 500
	KindInternal     Kind = "internal"              // 500
	KindUnavailable  Kind = "systemd-unreachable"   // 503
	KindForbidden    Kind = "polkit-refused"        // 503
	KindNoWorker     Kind = "no-worker"             // 503
	KindBusy         Kind = "busy"                  // 503
	KindTimeout      Kind = "timed-out"             // 503
	KindStopping     Kind = "stopping"              // 503
)

// Problem is the body of every answer that is not a success, sent as
// application/problem+json to clients that ask for JSON and as lines of text
// to the others.
type Problem struct {
	Kind   Kind   `json:"kind"`
	Title  string `json:"title"`  // a few words, the same for the whole kind
	Status int    `json:"status"` // HTTP status
	// Message says what is wrong, for people. It may have several lines.
	Message string `json:"message"`
	// Reference finds the request in the log of the manager.
	Reference string `json:"reference"`
	// Problems are the findings about a configuration or request body.
	Problems config.Problems `json:"problems,omitempty"`
	// Unit, Step and Log tell which step of the plan failed at which unit, and
	// that unit's last log messages, oldest first.
	Unit string   `json:"unit,omitempty"`
	Step string   `json:"step,omitempty"`
	Log  []string `json:"log,omitempty"`
	// Restored tells, after a failed step, whether what ran before runs again.
	Restored *bool `json:"restored,omitempty"`
	// RollbackError says why it does not.
	RollbackError string `json:"rollback-error,omitempty"`
}

// Text is the problem for people.
func (p *Problem) Text() string {
	var b strings.Builder
	b.WriteString(p.Title)
	b.WriteByte(':')
	if len(p.Problems) > 0 {
		for _, f := range p.Problems {
			b.WriteString("\n\t")
			b.WriteString(f.String())
		}
	} else {
		b.WriteByte(' ')
		b.WriteString(p.Message)
	}
	for _, l := range p.Log {
		b.WriteString("\n\t")
		b.WriteString(l)
	}
	if p.Restored != nil {
		b.WriteByte('\n')
		b.WriteString(p.Aftermath())
	}
	if p.Status == http.StatusInternalServerError && p.Kind != KindInternal { // whose message names it
		b.WriteString("\nreference: " + p.Reference)
	}
	b.WriteByte('\n')
	return b.String()
}

// Aftermath says what runs after a failed step, "" if no step failed.
func (p *Problem) Aftermath() string {
	switch {
	case p.Restored == nil:
		return ""
	case *p.Restored:
		return "the previous configuration serves"
	case p.RollbackError != "":
		return "the previous configuration could not be restored completely: " + p.RollbackError
	default:
		return "the previous configuration could not be restored completely"
	}
}

// answer sends a problem in the form the client asked for.
func (h *handlers) answer(w *response, r *http.Request, p *Problem) {
	p.Reference = w.reference
	w.Header().Del("Etag")
	if acceptsJSON(r, "application/json", "application/problem+json") {
		if body, err := json.Marshal(p); err == nil {
			w.send(p.Status, typeProblem, append(body, '\n'))
			return
		}
	}
	w.send(p.Status, typeText, []byte(p.Text()))
}
