// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// recover turns a panic of a handler into an answer, so that one bad request
// does not look like a broken server. The stack goes to the log only.
func (h *handlers) recover(next serve) serve {
	return func(w *response, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			h.log.Error("a request met a defect of kresd-manager", "reference", w.reference,
				"method", r.Method, "path", r.URL.Path,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			if w.status != 0 {
				// Part of an answer is out; cutting the connection is the only
				// way to say that the rest is missing.
				panic(http.ErrAbortHandler)
			}
			h.answer(w, r, internalProblem(w.reference))
		}()
		next(w, r)
	}
}
